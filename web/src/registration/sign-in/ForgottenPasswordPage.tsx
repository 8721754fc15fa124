/** Ask for the mail with which a new password is chosen. */
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";

export default function ForgottenPasswordPage() {
  const { t } = useTranslation("registration");
  const [isSent, setSent] = useState(false);
  const form = useForm({ defaultValues: { document_number: "" } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "document_number" ? field : null),
    async ({ document_number }) => {
      const body = { document_number: document_number.trim() };
      await unwrap(onboarding.POST("/onboarding/v1/password-resets", { body }));
      setSent(true);
    },
  );
  return (
    <Page title={t("forgotten.title")} lead={t("forgotten.lead")}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <TextField
          label={t("signIn.document")}
          hint={t("signIn.documentHint")}
          error={form.formState.errors.document_number?.message}
          autoComplete="username"
          maxLength={40}
          registration={form.register("document_number", { required: t("fields.required") })}
        />
        {isSent && (
          <Notice tone="success" title={t("forgotten.sent")}>
            <p>{t("forgotten.sentText")}</p>
          </Notice>
        )}
        {problem !== null && <ProblemNotice problem={problem} />}
        <SubmitButton isSending={isSending}>{t("forgotten.submit")}</SubmitButton>
        <p>
          <Link to="/sign-in">{t("forgotten.back")}</Link>
        </p>
      </form>
    </Page>
  );
}
