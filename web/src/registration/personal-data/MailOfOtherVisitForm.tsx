/** Sends the activation mail again for a registration of another visit or device. */
import { useState } from "react";
import { useForm } from "react-hook-form";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { PasswordField } from "../fields/PasswordField";
import { SelectField } from "../fields/SelectField";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { ReadNotice } from "../layout/ReadNotice";
import { useDocumentTypes } from "../rules";
import { documentOf } from "./DocumentFields";
import { documentParts } from "./personalData";

interface Values {
  document: string;
  document_number: string;
  registered_email: string;
  email: string;
  password: string;
}

const EMPTY = { document: "", document_number: "", registered_email: "", email: "", password: "" };

function fieldOf(field: string): keyof Values | null {
  if (field === "country" || field === "document_type") return "document";
  return field in EMPTY ? (field as keyof Values) : null;
}

export function MailOfOtherVisitForm() {
  const { t } = useTranslation("registration");
  const typesRead = useDocumentTypes();
  const types = typesRead.data ?? [];
  const [isSent, setSent] = useState(false);
  const form = useForm<Values>({ defaultValues: EMPTY });
  const { errors } = form.formState;
  const required = { required: t("fields.required") };
  const { problem, isSending, submit } = useServiceForm(form, fieldOf, async (values, key) => {
    setSent(false);
    const chosen = values.document || (types[0] ? documentOf(types[0]) : "");
    const body = {
      ...documentParts(chosen),
      document_number: values.document_number.trim(),
      registered_email: values.registered_email.trim(),
      password: values.password,
      ...(values.email.trim() === "" ? {} : { email: values.email.trim() }),
    };
    const params = { header: { "Idempotency-Key": key } };
    await unwrap(onboarding.POST("/onboarding/v1/activation-emails", { params, body }));
    setSent(true);
  });
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <ReadNotice reads={typesRead} hasWaitingSign={false} />
      <SelectField
        label={t("personalData.documentType")}
        error={errors.document?.message}
        options={types.map((type) => ({ value: documentOf(type), text: type.name }))}
        registration={form.register("document")}
      />
      <TextField
        label={t("personalData.documentNumber")}
        error={errors.document_number?.message}
        autoComplete="off"
        maxLength={40}
        registration={form.register("document_number", required)}
      />
      <TextField
        label={t("mail.registeredAddress")}
        error={errors.registered_email?.message}
        type="email"
        autoComplete="email"
        registration={form.register("registered_email", required)}
      />
      <TextField
        label={t("mail.correctAddress")}
        hint={t("mail.correctAddressHint")}
        error={errors.email?.message}
        isOptional
        type="email"
        autoComplete="off"
        registration={form.register("email")}
      />
      <PasswordField
        label={t("password.label")}
        error={errors.password?.message}
        autoComplete="current-password"
        registration={form.register("password", required)}
      />
      {isSent && <Notice tone="success" title={t("mail.maybeSent")} />}
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("mail.resend")}</SubmitButton>
    </form>
  );
}
