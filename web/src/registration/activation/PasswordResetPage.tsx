/** The page behind the link for a new password. */
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { useRules } from "../rules";
import { LinkEnd, linkEnd } from "./LinkEnd";
import { forgetMailLink, type MailLink, useMailLink } from "./mailLink";

export default function PasswordResetPage() {
  const { t } = useTranslation("registration");
  const link = useMailLink();
  const [isDone, setDone] = useState(false);
  return (
    <Page title={t("reset.title")}>
      {isDone ? (
        <>
          <Notice tone="success" title={t("reset.done")} />
          <div className="actions">
            <Link className="button" to="/sign-in">
              {t("frame.signIn")}
            </Link>
          </div>
        </>
      ) : link === null ? (
        <LinkEnd end="unknown">
          <AnotherLink />
        </LinkEnd>
      ) : (
        <ResetForm key={link.id} link={link} onDone={() => setDone(true)} />
      )}
    </Page>
  );
}

function AnotherLink() {
  const { t } = useTranslation("registration");
  return (
    <Link className="button" to="/sign-in/forgotten">
      {t("reset.another")}
    </Link>
  );
}

interface FormProps {
  link: MailLink;
  onDone: () => void;
}

function ResetForm({ link, onDone }: FormProps) {
  const { t } = useTranslation("registration");
  const limits = useRules().data?.password;
  const form = useForm({ defaultValues: { password: "" } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "password" ? "password" : null),
    async ({ password }) => {
      const body = { link_id: link.id, token: link.token, password };
      await unwrap(onboarding.POST("/onboarding/v1/password-resets/confirmation", { body }));
      forgetMailLink();
      onDone();
    },
  );
  const end = linkEnd(problem);
  if (end !== null) {
    return (
      <LinkEnd end={end}>
        <AnotherLink />
      </LinkEnd>
    );
  }
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <PasswordField
        label={t("password.new")}
        hint={limits && t("password.hint", { count: limits.min_length })}
        error={form.formState.errors.password?.message}
        autoComplete="new-password"
        registration={form.register("password", { required: t("fields.required") })}
      />
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("reset.submit")}</SubmitButton>
    </form>
  );
}
