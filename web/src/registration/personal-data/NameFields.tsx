import { useFormContext } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { CheckboxField } from "../fields/CheckboxField";
import { TextField } from "../fields/TextField";
import type { PersonalData } from "./personalData";
import type { Check } from "./usePersonalDataChecks";

/** Names and surnames; who has only one name says so. */
export function NameFields({ check }: { check: Check }) {
  const { t } = useTranslation("registration");
  const { register, watch, clearErrors, formState } = useFormContext<PersonalData>();
  const { errors } = formState;
  const hasOneName = watch("single_name");
  return (
    <>
      <TextField
        label={hasOneName ? t("personalData.singleName") : t("personalData.givenNames")}
        hint={t("personalData.namesHint")}
        error={errors.given_names?.message}
        autoComplete="given-name"
        maxLength={120}
        registration={register("given_names", {
          required: t("fields.required"),
          onBlur: () => void check("given_names"),
        })}
      />
      {!hasOneName && (
        <TextField
          label={t("personalData.surnames")}
          error={errors.surnames?.message}
          autoComplete="family-name"
          maxLength={120}
          registration={register("surnames", {
            required: t("fields.required"),
            shouldUnregister: false,
            onBlur: () => void check("surnames"),
          })}
        />
      )}
      <CheckboxField
        label={t("personalData.onlyOneName")}
        registration={register("single_name", { onChange: () => clearErrors("surnames") })}
      />
    </>
  );
}
