/** The claim to a document that was activated from another address, with the refused link. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import type { MailLink } from "@/session/mailLink";
import { FieldShell } from "../fields/FieldShell";
import { SubmitButton } from "../fields/SubmitButton";
import { withoutRules } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { Notice, ProblemNotice } from "../layout/Notice";
import { Waiting } from "../layout/Waiting";
import { ClaimFiles, claimOf } from "./ClaimFiles";

const MAX_STATEMENT_LENGTH = 1000;

export function ClaimForm({ link }: { link: MailLink }) {
  const { t } = useTranslation("registration");
  const [isOpen, setOpen] = useState(false);
  const claim = useQuery(claimOf(link));
  const form = useForm({ defaultValues: { statement: "" } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "statement" ? "statement" : null),
    async ({ statement }, key) => {
      const body = { link_id: link.id, token: link.token, statement: statement.trim() || null };
      const params = { header: { "Idempotency-Key": key } };
      await unwrap(onboarding.POST("/onboarding/v1/document-claims", { params, body }));
      await claim.refetch({ throwOnError: true });
    },
  );
  if (claim.data) {
    return (
      <>
        <Notice tone="success" title={t("claim.done.title")}>
          <p>{t("claim.done.text")}</p>
        </Notice>
        <ClaimFiles link={link} claimId={claim.data.claim_id} />
      </>
    );
  }
  if (claim.isLoading) return <Waiting />;
  if (!isOpen) {
    return (
      <div className="actions">
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t("claim.action")}
        </button>
      </div>
    );
  }
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <p>{t("claim.lead")}</p>
      <FieldShell
        label={t("claim.statement")}
        hint={t("claim.hint")}
        error={form.formState.errors.statement?.message}
      >
        {(attributes) => (
          <textarea
            rows={4}
            maxLength={MAX_STATEMENT_LENGTH}
            {...withoutRules(form.register("statement"))}
            {...attributes}
          />
        )}
      </FieldShell>
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("claim.submit")}</SubmitButton>
    </form>
  );
}
