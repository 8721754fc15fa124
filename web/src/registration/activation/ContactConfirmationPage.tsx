/** The page behind the link that confirms a new address; a button posts it, not the opening. */
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { forgetMailLink, type MailLink } from "@/session/mailLink";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";
import { LinkEnd, linkEnd } from "./LinkEnd";
import { MailLinkPage } from "./MailLinkPage";

export default function ContactConfirmationPage() {
  const { t } = useTranslation("registration");
  return (
    <MailLinkPage
      title={t("contactConfirmation.title")}
      done={t("contactConfirmation.done")}
      next={<ToAccount />}
      instead={<ToAccount />}
      form={(link, onDone) => <Confirmation key={link.id} link={link} onDone={onDone} />}
    />
  );
}

function ToAccount() {
  const { t } = useTranslation("registration");
  return (
    <Link className="button" to="/account">
      {t("contactConfirmation.toAccount")}
    </Link>
  );
}

function Confirmation({ link, onDone }: { link: MailLink; onDone: () => void }) {
  const { t } = useTranslation("registration");
  const form = useForm();
  const { problem, isSending, submit } = useServiceForm(
    form,
    () => null,
    async () => {
      const body = { change_id: link.id, token: link.token };
      await unwrap(onboarding.POST("/onboarding/v1/contact-changes/confirmation", { body }));
      forgetMailLink();
      onDone();
    },
  );
  const end = linkEnd(problem);
  if (end !== null) {
    return (
      <LinkEnd end={end}>
        <ToAccount />
      </LinkEnd>
    );
  }
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <p>{t("contactConfirmation.lead")}</p>
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("contactConfirmation.submit")}</SubmitButton>
    </form>
  );
}
