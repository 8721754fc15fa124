/** The deductions that the payer already makes, each with its concept and monthly amount. */
import { useFieldArray, useFormContext } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { MoneyField } from "../fields/MoneyField";
import { TextField } from "../fields/TextField";
import type { EmploymentValues } from "./employmentForm";

const MOST = 20;

export function DeductionFields() {
  const { t } = useTranslation("registration");
  const form = useFormContext<EmploymentValues>();
  const { fields, append, remove } = useFieldArray({
    control: form.control,
    name: "deductions",
  });
  const errors = form.formState.errors.deductions;
  return (
    <fieldset>
      <legend>{t("employment.deductions")}</legend>
      <p className="hint">{t("employment.deductionsHint")}</p>
      {fields.map((field, index) => (
        <div key={field.id} className="deduction">
          <TextField
            label={t("employment.concept")}
            error={errors?.[index]?.concept?.message}
            maxLength={120}
            registration={form.register(`deductions.${index}.concept`, {
              required: t("fields.required"),
            })}
          />
          <MoneyField
            form={form}
            name={`deductions.${index}.amount`}
            label={t("employment.amount")}
            error={errors?.[index]?.amount?.message}
          />
          <button
            type="button"
            className="text-button"
            aria-label={t("employment.removeDeduction", { number: index + 1 })}
            onClick={() => remove(index)}
          >
            {t("employment.remove")}
          </button>
        </div>
      ))}
      {fields.length < MOST && (
        <button
          type="button"
          className="button button-quiet"
          onClick={() => append({ concept: "", amount: "" })}
        >
          {t("employment.addDeduction")}
        </button>
      )}
    </fieldset>
  );
}
