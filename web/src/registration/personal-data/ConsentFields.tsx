import { useFormContext } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { CheckboxField } from "../fields/CheckboxField";
import type { ConsentText } from "../rules";
import type { PersonalData } from "./personalData";

/** Each consent with its full text, in the words that are stored as proof. */
export function ConsentFields({ texts }: { texts: ConsentText[] }) {
  const { t } = useTranslation("registration");
  const { register, formState } = useFormContext<PersonalData>();
  return texts.map(({ purpose, text, required }) => (
    <CheckboxField
      key={purpose}
      label={
        <>
          {t(`consents.${purpose}`)}
          {!required && <span className="optional"> {t("fields.optional")}</span>}
        </>
      }
      error={formState.errors.consents?.[purpose]?.message}
      registration={register(`consents.${purpose}`, {
        ...(required ? { required: t("consents.required") } : {}),
      })}
    >
      <p className="consent-text">{text}</p>
    </CheckboxField>
  ));
}
