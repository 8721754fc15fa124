import type { InputHTMLAttributes } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { FieldShell, type FieldTexts } from "./FieldShell";

type Control = Pick<
  InputHTMLAttributes<HTMLInputElement>,
  "type" | "inputMode" | "autoComplete" | "maxLength" | "autoCapitalize" | "spellCheck"
>;

interface Props extends FieldTexts, Control {
  registration: UseFormRegisterReturn;
}

export function TextField({ registration, label, hint, error, isOptional, ...control }: Props) {
  const { t } = useTranslation("registration");
  const optionalText = isOptional ? { optionalText: t("fields.optional") } : {};
  return (
    <FieldShell label={label} hint={hint} error={error} {...optionalText}>
      {(attributes) => (
        <input type="text" {...control} {...withoutRules(registration)} {...attributes} />
      )}
    </FieldShell>
  );
}

/** The browser's own messages would stand beside ours, in another language. */
export function withoutRules({ name, ref, onChange, onBlur }: UseFormRegisterReturn) {
  return { name, ref, onChange, onBlur };
}
