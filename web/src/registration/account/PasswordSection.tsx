import { useState } from "react";
import { useForm } from "react-hook-form";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { Section } from "./Section";

interface Values {
  current_password: string;
  password: string;
}

function fieldOf(field: string): keyof Values | null {
  return field === "current_password" || field === "password" ? field : null;
}

/** Another password, with the one until now. */
export function PasswordSection() {
  const { t } = useTranslation("registration");
  const limits = useRules().data?.password;
  const [isDone, setDone] = useState(false);
  const form = useForm<Values>({ defaultValues: { current_password: "", password: "" } });
  const { errors } = form.formState;
  const required = { required: t("fields.required") };
  const { problem, isSending, submit } = useServiceForm(form, fieldOf, async (body) => {
    setDone(false);
    await unwrap(onboarding.PUT("/onboarding/v1/me/password", { body }));
    form.reset();
    setDone(true);
  });
  return (
    <Section title={t("account.password.title")}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <PasswordField
          label={t("account.currentPassword")}
          error={errors.current_password?.message}
          autoComplete="current-password"
          registration={form.register("current_password", required)}
        />
        <PasswordField
          label={t("password.new")}
          hint={limits && t("password.hint", { count: limits.min_length })}
          error={errors.password?.message}
          autoComplete="new-password"
          registration={form.register("password", required)}
        />
        {isDone && <Notice tone="success" title={t("account.password.done")} />}
        {problem !== null && <ProblemNotice problem={problem} />}
        <SubmitButton isSending={isSending}>{t("account.password.submit")}</SubmitButton>
      </form>
    </Section>
  );
}
