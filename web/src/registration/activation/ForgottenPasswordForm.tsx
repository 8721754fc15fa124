/** Activation without the password: the details are given again, with a new password. */
import { FormProvider, useForm } from "react-hook-form";
import { useTranslation } from "@/i18n";
import type { MailLink } from "@/session/mailLink";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { ReadNotice } from "../layout/ReadNotice";
import { BirthDateField } from "../personal-data/BirthDateField";
import { ConsentFields } from "../personal-data/ConsentFields";
import { NameFields } from "../personal-data/NameFields";
import { NewPasswordField } from "../personal-data/NewPasswordField";
import { PhoneField } from "../personal-data/PhoneField";
import {
  NO_PERSONAL_DATA,
  type PersonalData,
  personalDataField,
  personalDetails,
} from "../personal-data/personalData";
import { usePersonalDataChecks } from "../personal-data/usePersonalDataChecks";
import { useConsentTexts } from "../rules";
import { ActivationProblem, useActivation } from "./ActivationPage";
import { linkEnd } from "./LinkEnd";

export function ForgottenPasswordForm({ link }: { link: MailLink }) {
  const { t } = useTranslation("registration");
  const texts = useConsentTexts();
  const activate = useActivation(link);
  const form = useForm<PersonalData>({
    defaultValues: NO_PERSONAL_DATA,
    reValidateMode: "onBlur",
  });
  const { check } = usePersonalDataChecks(form, null);
  const { problem, isSending, submit } = useServiceForm(form, personalDataField, (data) =>
    activate({ new_password: data.password, details: personalDetails(data, texts.data ?? []) }),
  );
  if (linkEnd(problem) !== null) return <ActivationProblem problem={problem} link={link} />;
  return (
    <>
      <ReadNotice reads={texts} />
      {texts.data && (
        <FormProvider {...form}>
          <form className="form" noValidate onSubmit={(event) => void submit(event)}>
            <NameFields check={check} />
            <BirthDateField check={check} />
            <PhoneField check={check} />
            <NewPasswordField label={t("password.new")} check={check} />
            <ConsentFields texts={texts.data} />
            <ActivationProblem problem={problem} link={link} />
            <SubmitButton isSending={isSending}>{t("activation.submit")}</SubmitButton>
          </form>
        </FormProvider>
      )}
    </>
  );
}
