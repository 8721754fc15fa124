/** Accept or reject one document; a rejection has a reason that the person reads. */
import { Alert, Button, Input, Radio } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DossierDocument } from "../profile/api";
import { Labelled } from "../ui/Labelled";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { REJECTION_REASONS, type RejectionReason, useDecision } from "./api";
import { useKeys } from "./ReviewPage";

interface Props {
  document: DossierDocument;
  etag: string;
  onDecided: () => Promise<void>;
}

export function DecisionPanel({ document, etag, onDecided }: Props) {
  const { t } = useTranslation();
  const { title } = useFormats();
  const [isRejecting, setRejecting] = useState(false);
  const [reason, setReason] = useState<RejectionReason | null>(null);
  const [note, setNote] = useState("");
  const first = useRef<HTMLFieldSetElement>(null);
  const decision = useDecision(onDecided);
  const isOpen = document.state === "screened";

  function decide(rejection: { reason: RejectionReason; note: string } | null): void {
    if (!isOpen || decision.isPending) return;
    decision.mutate(
      { documentId: document.document_id, etag, rejection },
      // A conflict means that the dossier has changed: show it as it is now.
      { onError: (problem) => void (problem.isConflict && onDecided()) },
    );
  }

  function beginRejection(): void {
    if (!isOpen) return;
    setRejecting(true);
    requestAnimationFrame(() => first.current?.querySelector("input")?.focus());
  }

  useKeys({ a: () => decide(null), r: beginRejection });

  if (!isOpen) {
    return (
      <section className="panel review-decision" aria-label={t("review.decision")}>
        <h2>{t("review.decided")}</h2>
        {document.reason && <p>{document.reason}</p>}
        {document.note && <p className="note">«{document.note}»</p>}
      </section>
    );
  }
  return (
    <section className="panel review-decision" aria-label={t("review.decision")}>
      <h2>{t("review.decision")}</h2>
      {decision.isError &&
        (decision.error.isConflict ? (
          <Alert type="warning" showIcon title={t("conflict")} />
        ) : (
          <ProblemNotice problem={decision.error} />
        ))}
      <div className="review-buttons">
        <Button type="primary" loading={decision.isPending} onClick={() => decide(null)}>
          {t("review.accept")} <kbd>A</kbd>
        </Button>
        <Button danger onClick={beginRejection} aria-expanded={isRejecting}>
          {t("review.reject")} <kbd>R</kbd>
        </Button>
      </div>
      {isRejecting && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason !== null) decide({ reason, note });
          }}
        >
          <fieldset ref={first} className="choices">
            <legend>{t("reason")}</legend>
            <Radio.Group
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              options={REJECTION_REASONS.map((code) => ({
                value: code,
                label: title("reason", code),
              }))}
            />
          </fieldset>
          <Labelled label={t("note")} hint={t("review.noteHint")}>
            {(id) => (
              <Input.TextArea
                id={id}
                rows={3}
                maxLength={500}
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            )}
          </Labelled>
          <Button
            htmlType="submit"
            danger
            type="primary"
            disabled={reason === null}
            loading={decision.isPending}
          >
            {t("review.rejectSubmit")}
          </Button>
        </form>
      )}
    </section>
  );
}
