/** A field with its visible label. */
import { type ReactNode, useId } from "react";

interface Props {
  label: string;
  hint?: string;
  className?: string;
  children: (id: string) => ReactNode;
}

export function Labelled({ label, hint, className = "", children }: Props) {
  const id = useId();
  return (
    <div className={`field ${className}`}>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {hint !== undefined && <span className="quiet">{hint}</span>}
    </div>
  );
}
