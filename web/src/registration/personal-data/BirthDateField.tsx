import { useFormContext } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { DateField } from "../fields/DateField";
import { parseTypedDate } from "../fields/typedDate";
import type { PersonalData } from "./personalData";
import type { Check } from "./usePersonalDataChecks";

export function BirthDateField({ check }: { check: Check }) {
  const { t } = useTranslation("registration");
  const form = useFormContext<PersonalData>();
  const isDate = (text: string) => parseTypedDate(text) !== null || t("fields.notDate");

  function checkDate(): void {
    const typed = form.getValues("birth_date");
    if (typed === "") return;
    const problem = isDate(typed);
    if (problem !== true) form.setError("birth_date", { type: "date", message: problem });
    else {
      form.clearErrors("birth_date");
      void check("birth_date");
    }
  }

  return (
    <DateField
      label={t("personalData.birthDate")}
      hint={t("fields.dateHint")}
      error={form.formState.errors.birth_date?.message}
      autoComplete="bday"
      value={form.watch("birth_date")}
      onPick={(text) => {
        form.setValue("birth_date", text, { shouldDirty: true });
        checkDate();
      }}
      registration={form.register("birth_date", {
        required: t("fields.required"),
        validate: isDate,
        onBlur: checkDate,
      })}
    />
  );
}
