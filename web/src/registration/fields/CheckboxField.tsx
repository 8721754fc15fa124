import { type ReactNode, useId } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { FieldError } from "./FieldShell";
import { withoutRules } from "./TextField";

interface Props {
  label: ReactNode;
  error?: string | undefined;
  registration: UseFormRegisterReturn;
  children?: ReactNode;
}

/** A choice with its text beside it; `children` stand below, such as the full text of a consent. */
export function CheckboxField({ label, error, registration, children }: Props) {
  const id = useId();
  return (
    <div className={error ? "field field-invalid" : "field"}>
      <div className="choice">
        <input
          id={id}
          type="checkbox"
          aria-describedby={`${id}-error`}
          aria-invalid={error !== undefined}
          {...withoutRules(registration)}
        />
        <label htmlFor={id}>{label}</label>
      </div>
      {children}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}
