/** Accept or reject one document; a rejection has a reason that the person reads. */
import { Button, Radio } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "@/i18n";
import type { DossierDocument } from "../profile/api";
import { ProblemNotice } from "../ui/ProblemNotice";
import { isExplained, NoteField } from "../ui/ReasonFields";
import { useFormats } from "../ui/titles";
import { REJECTION_REASONS, type RejectionReason, useDecision } from "./api";
import { KeyHint, useReviewKeys } from "./reviewKeys";

interface Props {
  document: DossierDocument;
  etag: string;
  onDecided: () => Promise<void>;
  onConflict: () => Promise<void>;
}

export function DecisionPanel({ document, etag, onDecided, onConflict }: Props) {
  const { t } = useTranslation("console");
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
      { onError: (problem) => void (problem.isConflict && onConflict()) },
    );
  }

  function beginRejection(): void {
    if (!isOpen) return;
    setRejecting(true);
    requestAnimationFrame(() => first.current?.querySelector("input")?.focus());
  }

  useReviewKeys({ a: () => decide(null), r: beginRejection });

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
      {decision.isError && !decision.error.isConflict && <ProblemNotice problem={decision.error} />}
      <div className="review-buttons">
        <Button type="primary" loading={decision.isPending} onClick={() => decide(null)}>
          {t("review.accept")} <KeyHint letter="A" />
        </Button>
        <Button danger onClick={beginRejection} aria-expanded={isRejecting}>
          {t("review.reject")} <KeyHint letter="R" />
        </Button>
      </div>
      {isRejecting && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason !== null && isExplained(reason, note)) decide({ reason, note });
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
          <NoteField
            hint={t("review.noteHint")}
            value={note}
            onChange={setNote}
            isRequired={reason === "other"}
          />
          <Button
            htmlType="submit"
            danger
            type="primary"
            disabled={!isExplained(reason, note)}
            loading={decision.isPending}
          >
            {t("review.rejectSubmit")}
          </Button>
        </form>
      )}
    </section>
  );
}
