import { useFormContext } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { TextField } from "../fields/TextField";
import type { PersonalData } from "./personalData";
import type { Check } from "./usePersonalDataChecks";

export function PhoneField({ check }: { check: Check }) {
  const { t } = useTranslation("registration");
  const { register, formState } = useFormContext<PersonalData>();
  return (
    <TextField
      label={t("personalData.phone")}
      hint={t("personalData.phoneHint")}
      error={formState.errors.phone?.message}
      type="tel"
      autoComplete="tel"
      maxLength={40}
      registration={register("phone", {
        required: t("fields.required"),
        onBlur: () => void check("phone"),
      })}
    />
  );
}
