/** Corrects name, date of birth or document; after the promotion an operator decides. */
import { FormProvider, useForm } from "react-hook-form";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import type { Application } from "../application/ownApplication";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { typedDate } from "../fields/typedDate";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { BirthDateField } from "../personal-data/BirthDateField";
import { DocumentFields } from "../personal-data/DocumentFields";
import { NameFields } from "../personal-data/NameFields";
import {
  NO_PERSONAL_DATA,
  type PersonalData,
  personalDataField,
} from "../personal-data/personalData";
import { usePersonalDataChecks } from "../personal-data/usePersonalDataChecks";
import type { DocumentType } from "../rules";
import { correctionOf } from "./correction";

type Person = NonNullable<Application["personal_details"]>;
export type CorrectionState = components["schemas"]["CorrectionMade"]["state"];

interface Props {
  person: Person;
  types: DocumentType[];
  onDone: (state: CorrectionState) => Promise<void>;
  onCancel: () => void;
}

export function CorrectionForm({ person, types, onDone, onCancel }: Props) {
  const { t } = useTranslation("registration");
  const form = useForm<PersonalData>({
    defaultValues: { ...NO_PERSONAL_DATA, ...dataOf(person) },
    reValidateMode: "onBlur",
  });
  const { check } = usePersonalDataChecks(form, null);
  const { problem, isSending, submit } = useServiceForm(form, personalDataField, async (data) => {
    const body = { ...correctionOf(dataOf(person), data), password: data.password };
    const { state } = await unwrap(onboarding.PUT("/onboarding/v1/me/personal-details", { body }));
    await onDone(state);
  });

  return (
    <FormProvider {...form}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <DocumentFields
          types={types}
          isTaken={false}
          onCheck={() => check("document", "document_number")}
        />
        <NameFields check={check} />
        <BirthDateField check={check} />
        <PasswordField
          label={t("account.currentPassword")}
          error={form.formState.errors.password?.message}
          autoComplete="current-password"
          registration={form.register("password", { required: t("fields.required") })}
        />
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="actions">
          <SubmitButton isSending={isSending}>{t("account.save")}</SubmitButton>
          <button type="button" className="button button-quiet" onClick={onCancel}>
            {t("account.cancel")}
          </button>
        </div>
      </form>
    </FormProvider>
  );
}

function dataOf(person: Person) {
  return {
    document: `${person.country}:${person.document_type}`,
    document_number: person.document_number,
    given_names: person.given_names,
    surnames: person.surnames,
    single_name: person.surnames === "",
    birth_date: typedDate(person.birth_date),
  };
}
