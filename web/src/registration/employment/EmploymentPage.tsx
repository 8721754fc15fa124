/** Step 3: employment and finance; declared again when something changes. */
import { useQueryClient } from "@tanstack/react-query";
import { FormProvider, useForm } from "react-hook-form";
import { Link, useNavigate } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { type Rules, useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { type Application, useApplication } from "../application/ownApplication";
import { capitalized } from "../fields/capitalized";
import { MoneyField } from "../fields/MoneyField";
import { SelectField } from "../fields/SelectField";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useLiveChecks } from "../forms/useLiveChecks";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { ReadNotice } from "../layout/ReadNotice";
import { DeductionFields } from "./DeductionFields";
import {
  type EmploymentField,
  type EmploymentValues,
  employmentBody,
  employmentDraft,
  employmentField,
  employmentValues,
} from "./employmentForm";
import { PayerField } from "./PayerField";

export default function EmploymentPage() {
  const { t } = useTranslation("registration");
  const application = useApplication();
  const rules = useRules();
  return (
    <Page over={t("step", { number: 3 })} title={t("employment.title")}>
      <ReadNotice reads={[application, rules]} />
      {application.data && rules.data && (
        <EmploymentForm application={application.data} rules={rules.data} />
      )}
    </Page>
  );
}

interface FormProps {
  application: Application;
  rules: Rules;
}

function EmploymentForm({ application, rules }: FormProps) {
  const { t, language } = useTranslation("registration");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const currency = currencyOf(application, rules);
  const form = useForm<EmploymentValues>({
    defaultValues: employmentValues(application.employment, language),
    reValidateMode: "onBlur",
  });
  const { errors } = form.formState;
  const isTypedPayer = form.watch("payer_id") === null && form.watch("payer_name") !== "";
  const check = useLiveChecks<EmploymentValues>(form, employmentField, async (values, fields) => {
    const body = employmentDraft(values, fields);
    const path = "/onboarding/v1/me/employment/validation";
    return (await unwrap(onboarding.POST(path, { body }))).errors;
  });
  const { problem, isSending, submit } = useServiceForm(form, employmentField, async (values) => {
    const body = employmentBody(values, currency);
    await unwrap(onboarding.PUT("/onboarding/v1/me/employment", { body }));
    await queries.invalidateQueries({ queryKey: ["own"] });
    await navigate("/application");
  });
  const contractTypes = Object.entries(rules.contract_types).map(([value, words]) => ({
    value,
    text: capitalized(words),
  }));
  const required = { required: t("fields.required") };

  function checked(field: EmploymentField) {
    const onBlur = () => void (form.getValues(field) !== "" && check([field]));
    return form.register(field, { onBlur });
  }

  return (
    <FormProvider {...form}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <PayerField />
        {isTypedPayer && (
          <TextField
            label={t("employment.payerTaxId")}
            isOptional
            error={errors.payer_tax_id?.message}
            maxLength={40}
            registration={checked("payer_tax_id")}
          />
        )}
        <TextField
          label={t("employment.position")}
          hint={t("employment.positionHint")}
          error={errors.position?.message}
          autoComplete="organization-title"
          maxLength={120}
          registration={form.register("position", {
            ...required,
            onBlur: () => void (form.getValues("position") !== "" && check(["position"])),
          })}
        />
        <SelectField
          label={t("employment.contractType")}
          error={errors.contract_type?.message}
          emptyText={t("fields.choose")}
          options={contractTypes}
          registration={form.register("contract_type", required)}
        />
        <MoneyField
          form={form}
          name="salary"
          label={t("employment.salaryIn", { currency })}
          hint={t("employment.salaryHint")}
          error={errors.salary?.message}
        />
        <DeductionFields />
        <fieldset>
          <legend>{t("employment.contact")}</legend>
          <p className="hint">{t("employment.contactHint")}</p>
          <TextField
            label={t("employment.contactName")}
            error={errors.contact_name?.message}
            maxLength={120}
            registration={form.register("contact_name", required)}
          />
          <TextField
            label={t("employment.contactPhone")}
            error={errors.contact_phone?.message}
            type="tel"
            maxLength={40}
            registration={checked("contact_phone")}
          />
          <TextField
            label={t("employment.contactEmail")}
            isOptional
            error={errors.contact_email?.message}
            type="email"
            maxLength={254}
            registration={checked("contact_email")}
          />
        </fieldset>
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="actions">
          <SubmitButton isSending={isSending}>{t("employment.submit")}</SubmitButton>
          <Link className="button button-quiet" to="/application">
            {t("back")}
          </Link>
        </div>
      </form>
    </FormProvider>
  );
}

function currencyOf({ employment, personal_details }: Application, rules: Rules): string {
  const allowed = rules.currencies[personal_details?.country ?? ""] ?? [];
  return employment?.currency ?? allowed[0] ?? "COP";
}
