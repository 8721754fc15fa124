import type { UseFormRegisterReturn } from "react-hook-form";
import { FieldShell, type FieldTexts } from "./FieldShell";
import { withoutRules } from "./TextField";

export interface Option {
  value: string;
  text: string;
}

interface Props extends FieldTexts {
  registration: UseFormRegisterReturn;
  options: Option[];
  /** The first line, while nothing is chosen. */
  emptyText?: string;
}

export function SelectField({ registration, options, emptyText, label, hint, error }: Props) {
  return (
    <FieldShell label={label} hint={hint} error={error}>
      {(attributes) => (
        <select {...withoutRules(registration)} {...attributes}>
          {emptyText !== undefined && <option value="">{emptyText}</option>}
          {options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </FieldShell>
  );
}
