/** Step 2: look at your mail; send it again, or to a corrected address. */
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
import { MailOfOtherVisitForm } from "./MailOfOtherVisitForm";
import { type SentRegistration, useRegistration } from "./RegistrationContext";

export default function MailPage() {
  const { t } = useTranslation("registration");
  const { sent } = useRegistration();
  if (sent === null) {
    return (
      <Page over={t("step", { number: 2 })} title={t("mail.againTitle")} lead={t("mail.againLead")}>
        <MailOfOtherVisitForm />
      </Page>
    );
  }
  return (
    <Page over={t("step", { number: 2 })} title={t("mail.title")}>
      <p className="lead">
        {t("mail.sentTo")} <strong className="breakable">{sent.email}</strong>
      </p>
      <p>{t("mail.text")}</p>
      <p className="hint">{t("mail.spam")}</p>
      <Resend sent={sent} />
    </Page>
  );
}

interface Address {
  email: string;
}

function Resend({ sent }: { sent: SentRegistration }) {
  const { t } = useTranslation("registration");
  const { setSent } = useRegistration();
  const [isCorrecting, setCorrecting] = useState(false);
  const [isSent, setResent] = useState(false);
  const form = useForm<Address>({ defaultValues: { email: sent.email } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "email" ? "email" : null),
    async ({ email }, key) => {
      setResent(false);
      const address = email.trim();
      const path = "/onboarding/v1/registrations/{registration_id}/activation-emails";
      const params = {
        path: { registration_id: sent.registrationId },
        header: { "Idempotency-Key": key },
      };
      const corrected = address === sent.email ? {} : { email: address };
      const body = { password: sent.password, ...corrected };
      await unwrap(onboarding.POST(path, { params, body }));
      setSent({ ...sent, email: address });
      setCorrecting(false);
      setResent(true);
    },
  );
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      {isCorrecting && (
        <TextField
          label={t("mail.correctAddress")}
          error={form.formState.errors.email?.message}
          type="email"
          autoComplete="email"
          maxLength={254}
          registration={form.register("email", { required: t("fields.required") })}
        />
      )}
      {isSent && <Notice tone="success" title={t("mail.resent")} />}
      {problem !== null && <ProblemNotice problem={problem} />}
      <div className="actions">
        <SubmitButton isSending={isSending}>
          {isCorrecting ? t("mail.sendToAddress") : t("mail.resend")}
        </SubmitButton>
        {!isCorrecting && (
          <button type="button" className="button button-quiet" onClick={() => setCorrecting(true)}>
            {t("mail.wrongAddress")}
          </button>
        )}
      </div>
      <p>
        <Link to="/registration">{t("mail.backToData")}</Link>
      </p>
    </form>
  );
}
