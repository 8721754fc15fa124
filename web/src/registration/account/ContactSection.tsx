/** The e-mail address or the phone; a new one counts once it is confirmed. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import type { Application } from "../application/ownApplication";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { CodeForm } from "./CodeForm";
import { Section } from "./Section";

type Kind = "email" | "phone";

interface Props {
  kind: Kind;
  application: Application;
}

export function ContactSection({ kind, application }: Props) {
  const { t } = useTranslation("registration");
  const queries = useQueryClient();
  const [isChanging, setChanging] = useState(false);
  const waiting = application.contact_changes.find((change) => change.kind === kind);
  const reload = () => queries.invalidateQueries({ queryKey: ["own", "application"] });

  async function confirm(code: string): Promise<void> {
    const body = { change_id: waiting?.change_id ?? "", code };
    await unwrap(onboarding.POST("/onboarding/v1/me/contact/confirmation", { body }));
    await reload();
  }

  return (
    <Section title={t(`account.${kind}.title`)}>
      <p className="breakable">{application[kind]}</p>
      {waiting && (
        <Notice tone="info" title={t(`account.${kind}.waiting`)}>
          {kind === "phone" && <CodeForm key={waiting.change_id} onCode={confirm} />}
        </Notice>
      )}
      {isChanging ? (
        <ChangeForm
          kind={kind}
          onDone={async () => {
            await reload();
            setChanging(false);
          }}
          onCancel={() => setChanging(false)}
        />
      ) : (
        <button type="button" className="button button-quiet" onClick={() => setChanging(true)}>
          {t(`account.${kind}.change`)}
        </button>
      )}
    </Section>
  );
}

interface FormProps {
  kind: Kind;
  onDone: () => Promise<void>;
  onCancel: () => void;
}

interface Values {
  contact: string;
  password: string;
}

function ChangeForm({ kind, onDone, onCancel }: FormProps) {
  const { t } = useTranslation("registration");
  const form = useForm<Values>({ defaultValues: { contact: "", password: "" } });
  const { errors } = form.formState;
  const required = { required: t("fields.required") };
  const fieldOf = (field: string) =>
    field === kind ? ("contact" as const) : field === "password" ? field : null;
  const { problem, isSending, submit } = useServiceForm(form, fieldOf, async (values) => {
    const body = { [kind]: values.contact.trim(), password: values.password };
    await unwrap(onboarding.PUT("/onboarding/v1/me/contact", { body }));
    await onDone();
  });
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <TextField
        label={t(`account.${kind}.new`)}
        error={errors.contact?.message}
        type={kind === "email" ? "email" : "tel"}
        autoComplete={kind === "email" ? "email" : "tel"}
        maxLength={254}
        registration={form.register("contact", required)}
      />
      <PasswordField
        label={t("account.currentPassword")}
        error={errors.password?.message}
        autoComplete="current-password"
        registration={form.register("password", required)}
      />
      {problem !== null && <ProblemNotice problem={problem} />}
      <div className="actions">
        <SubmitButton isSending={isSending}>{t("account.save")}</SubmitButton>
        <button type="button" className="button button-quiet" onClick={onCancel}>
          {t("account.cancel")}
        </button>
      </div>
    </form>
  );
}
