/** An amount, typed freely and set in the reader's format when the field is left. */
import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import { useTranslation } from "@/i18n";
import type { FieldTexts } from "./FieldShell";
import { formatAmount, parseMoney } from "./money";
import { TextField } from "./TextField";

interface Props<Values extends FieldValues> extends FieldTexts {
  form: UseFormReturn<Values>;
  name: FieldPath<Values>;
  onLeave?: () => void;
}

export function MoneyField<Values extends FieldValues>(props: Props<Values>) {
  const { form, name, onLeave, ...texts } = props;
  const { t, language } = useTranslation("registration");

  function leave(): void {
    const cents = parseMoney(String(form.getValues(name)));
    if (cents === null) return;
    form.setValue(name, formatAmount(cents, language) as never);
    onLeave?.();
  }

  return (
    <TextField
      {...texts}
      inputMode="decimal"
      autoComplete="off"
      maxLength={30}
      registration={form.register(name, {
        required: t("fields.required"),
        validate: (text) => parseMoney(String(text)) !== null || t("fields.notMoney"),
        onBlur: leave,
      })}
    />
  );
}
