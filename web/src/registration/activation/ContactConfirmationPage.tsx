/** The page behind the link that confirms a new address; a button posts it, not the opening. */
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { SubmitButton } from "../fields/SubmitButton";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { LinkEnd, linkEnd } from "./LinkEnd";
import { forgetMailLink, type MailLink, useMailLink } from "./mailLink";

export default function ContactConfirmationPage() {
  const { t } = useTranslation("registration");
  const link = useMailLink();
  const [isDone, setDone] = useState(false);
  return (
    <Page title={t("contactConfirmation.title")}>
      {isDone ? (
        <>
          <Notice tone="success" title={t("contactConfirmation.done")} />
          <div className="actions">
            <ToAccount />
          </div>
        </>
      ) : link === null ? (
        <LinkEnd end="unknown">
          <ToAccount />
        </LinkEnd>
      ) : (
        <Confirmation key={link.id} link={link} onDone={() => setDone(true)} />
      )}
    </Page>
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
