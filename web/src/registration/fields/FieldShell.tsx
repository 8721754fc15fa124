/** Label, hint and error of one field; the control gets the attributes that tie it to them. */
import { type ReactNode, useId } from "react";

export interface FieldTexts {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  isOptional?: boolean;
}

export interface ControlAttributes {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

interface Props extends FieldTexts {
  optionalText?: string;
  children: (attributes: ControlAttributes) => ReactNode;
}

export function FieldShell({ label, hint, error, optionalText, children }: Props) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean);
  return (
    <div className={error ? "field field-invalid" : "field"}>
      <label htmlFor={id}>
        {label}
        {optionalText !== undefined && <span className="optional"> {optionalText}</span>}
      </label>
      {hint && (
        <div id={`${id}-hint`} className="hint">
          {hint}
        </div>
      )}
      {children({
        id,
        "aria-describedby": described.join(" ") || undefined,
        "aria-invalid": error !== undefined,
      })}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}

/** Always in the document, so that a screen reader announces an error that appears later. */
export function FieldError({ id, text }: { id: string; text: string | undefined }) {
  return (
    <p id={id} className="field-error" aria-live="polite">
      {text}
    </p>
  );
}
