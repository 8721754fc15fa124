/** The page behind the activation link: the password, or new details with a new password. */
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Link, useNavigate } from "react-router";
import { onboarding } from "@/api/clients";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { forgetMailLink, type MailLink, useMailLink } from "@/session/mailLink";
import { open } from "@/session/session";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { ClaimForm } from "./ClaimForm";
import { ForgottenPasswordForm } from "./ForgottenPasswordForm";
import { LinkEnd, linkEnd } from "./LinkEnd";

export default function ActivationPage() {
  const { t } = useTranslation("registration");
  const link = useMailLink();
  const [isForgotten, setForgotten] = useState(false);
  const texts = isForgotten ? t("activation.newLead") : t("activation.lead");
  return (
    <Page
      over={t("step", { number: 2 })}
      title={t("activation.title")}
      lead={link === null ? undefined : texts}
    >
      {link === null ? (
        <LinkEnd end="unknown">
          <Ways />
        </LinkEnd>
      ) : isForgotten ? (
        <ForgottenPasswordForm key={link.id} link={link} />
      ) : (
        <PasswordForm key={link.id} link={link} onForgotten={() => setForgotten(true)} />
      )}
    </Page>
  );
}

interface FormProps {
  link: MailLink;
  onForgotten: () => void;
}

function PasswordForm({ link, onForgotten }: FormProps) {
  const { t } = useTranslation("registration");
  const activate = useActivation(link);
  const form = useForm({ defaultValues: { password: "" } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "password" ? "password" : null),
    ({ password }) => activate({ password }),
  );
  if (linkEnd(problem) !== null) return <ActivationProblem problem={problem} link={link} />;
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <PasswordField
        label={t("activation.password")}
        error={form.formState.errors.password?.message}
        autoComplete="current-password"
        registration={form.register("password", { required: t("fields.required") })}
      />
      <ActivationProblem problem={problem} link={link} />
      <div className="actions">
        <SubmitButton isSending={isSending}>{t("activation.submit")}</SubmitButton>
        <button type="button" className="button button-quiet" onClick={onForgotten}>
          {t("activation.forgotten")}
        </button>
      </div>
    </form>
  );
}

interface Activation {
  password?: string;
  new_password?: string;
  details?: object;
}

/** Use the link; afterwards the person is signed in. Throws `ApiProblem`. */
export function useActivation(link: MailLink): (activation: Activation) => Promise<void> {
  const navigate = useNavigate();
  return async (activation) => {
    const body = {
      link_id: link.id,
      token: link.token,
      refresh: "cookie" as const,
      ...activation,
    };
    // The types do not know that `details` are those of the registration.
    const session = await unwrap(
      onboarding.POST("/onboarding/v1/activations", { body: body as never }),
    );
    open(session);
    forgetMailLink();
    await navigate("/application", { replace: true });
  };
}

interface ProblemProps {
  problem: ApiProblem | null;
  link: MailLink;
}

export function ActivationProblem({ problem, link }: ProblemProps) {
  const end = linkEnd(problem);
  if (problem === null) return null;
  if (end === null) return <ProblemNotice problem={problem} />;
  return (
    <>
      <LinkEnd end={end}>
        <Ways />
      </LinkEnd>
      {end === "otherAccount" && <ClaimForm link={link} />}
    </>
  );
}

function Ways() {
  const { t } = useTranslation("registration");
  return (
    <>
      <Link className="button" to="/sign-in">
        {t("frame.signIn")}
      </Link>
      <Link className="button button-quiet" to="/registration/mail">
        {t("link.newMail")}
      </Link>
    </>
  );
}
