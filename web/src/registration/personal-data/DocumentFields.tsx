/** Type and number of the identity document, with an example of the chosen type. */
import { useFormContext } from "react-hook-form";
import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { SelectField } from "../fields/SelectField";
import { TextField } from "../fields/TextField";
import { Notice } from "../layout/Notice";
import type { DocumentType } from "../rules";
import type { PersonalData } from "./personalData";

interface Props {
  types: DocumentType[];
  isTaken: boolean;
  onCheck: () => Promise<void>;
}

export function DocumentFields({ types, isTaken, onCheck }: Props) {
  const { t, language } = useTranslation("registration");
  const { register, watch, formState } = useFormContext<PersonalData>();
  const { errors } = formState;
  const chosen = types.find((type) => documentOf(type) === watch("document"));
  const countries = new Set(types.map(({ country }) => country));
  const countryNames = new Intl.DisplayNames(language, { type: "region" });
  const options = types.map((type) => ({
    value: documentOf(type),
    text: countries.size > 1 ? `${type.name} (${countryNames.of(type.country)})` : type.name,
  }));
  const onBlur = () => void onCheck();
  return (
    <>
      <SelectField
        label={t("personalData.documentType")}
        error={errors.document?.message}
        options={options}
        registration={register("document", { onChange: onBlur })}
      />
      <TextField
        label={t("personalData.documentNumber")}
        hint={chosen && t("personalData.documentExample", { example: chosen.example })}
        error={errors.document_number?.message}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={40}
        registration={register("document_number", { required: t("fields.required"), onBlur })}
      />
      {isTaken && (
        <Notice tone="warning" title={t("personalData.taken.title")}>
          <p>{t("personalData.taken.text")}</p>
          <p>
            <Link to="/sign-in">{t("frame.signIn")}</Link> ·{" "}
            <Link to="/sign-in/forgotten">{t("signIn.forgotten")}</Link>
          </p>
        </Notice>
      )}
    </>
  );
}

export function documentOf({ country, code }: DocumentType): string {
  return `${country}:${code}`;
}
