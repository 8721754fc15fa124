/** Step 1: personal data, checked while it is typed. */
import { useEffect } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { useNavigate, useSearchParams } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { ReadNotice } from "../layout/ReadNotice";
import { type ConsentText, type DocumentType, useConsentTexts, useDocumentTypes } from "../rules";
import { BirthDateField } from "./BirthDateField";
import { ConsentFields } from "./ConsentFields";
import { DocumentFields, documentOf } from "./DocumentFields";
import { NameFields } from "./NameFields";
import { NewPasswordField } from "./NewPasswordField";
import { PhoneField } from "./PhoneField";
import { type PersonalData, personalDataField, registrationBody } from "./personalData";
import { useRegistration } from "./RegistrationContext";
import { usePersonalDataChecks } from "./usePersonalDataChecks";

export default function PersonalDataPage() {
  const { t } = useTranslation("registration");
  const types = useDocumentTypes();
  const texts = useConsentTexts();
  return (
    <Page
      over={t("step", { number: 1 })}
      title={t("personalData.title")}
      lead={t("personalData.lead")}
    >
      <ReadNotice reads={[types, texts]} />
      {types.data && texts.data && <PersonalDataForm types={types.data} texts={texts.data} />}
    </Page>
  );
}

interface FormProps {
  types: DocumentType[];
  texts: ConsentText[];
}

function PersonalDataForm({ types, texts }: FormProps) {
  const { t } = useTranslation("registration");
  const navigate = useNavigate();
  const project = useSearchParams()[0].get("project");
  const { draft, keepDraft, setSent } = useRegistration();
  const first = types[0] ? documentOf(types[0]) : "";
  const form = useForm<PersonalData>({
    defaultValues: { ...draft, document: draft.document || first },
    reValidateMode: "onBlur",
  });
  const { check, checkDocument, isTaken } = usePersonalDataChecks(form, project);
  const { problem, isSending, submit } = useServiceForm(
    form,
    personalDataField,
    async (data, key) => {
      const body = registrationBody(data, texts, project);
      const params = { header: { "Idempotency-Key": key } };
      const { registration_id } = await unwrap(
        onboarding.POST("/onboarding/v1/registrations", { params, body }),
      );
      const { email, password } = body;
      setSent({ registrationId: registration_id, email, password });
      await navigate("/registration/mail");
    },
  );
  useEffect(() => () => keepDraft(form.getValues()), [form, keepDraft]);

  return (
    <FormProvider {...form}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <fieldset>
          <legend>{t("personalData.who")}</legend>
          <DocumentFields types={types} isTaken={isTaken} onCheck={checkDocument} />
          <NameFields check={check} />
          <BirthDateField check={check} />
        </fieldset>
        <fieldset>
          <legend>{t("personalData.contact")}</legend>
          <TextField
            label={t("personalData.email")}
            hint={t("personalData.emailHint")}
            error={form.formState.errors.email?.message}
            type="email"
            autoComplete="email"
            maxLength={254}
            registration={form.register("email", {
              required: t("fields.required"),
              onBlur: () => void check("email"),
            })}
          />
          <PhoneField check={check} />
        </fieldset>
        <fieldset>
          <legend>{t("personalData.access")}</legend>
          <NewPasswordField label={t("password.label")} check={check} />
        </fieldset>
        <fieldset>
          <legend>{t("consents.title")}</legend>
          <ConsentFields texts={texts} />
        </fieldset>
        {problem !== null && <ProblemNotice problem={problem} />}
        <SubmitButton isSending={isSending}>{t("personalData.submit")}</SubmitButton>
      </form>
    </FormProvider>
  );
}
