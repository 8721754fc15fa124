/** The page behind the link for a new password. */
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { forgetMailLink, type MailLink } from "@/session/mailLink";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { LinkEnd, linkEnd } from "./LinkEnd";
import { MailLinkPage } from "./MailLinkPage";

export default function PasswordResetPage() {
  const { t } = useTranslation("registration");
  return (
    <MailLinkPage
      title={t("reset.title")}
      done={t("reset.done")}
      next={
        <Link className="button" to="/sign-in">
          {t("frame.signIn")}
        </Link>
      }
      instead={<AnotherLink />}
      form={(link, onDone) => <ResetForm key={link.id} link={link} onDone={onDone} />}
    />
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
