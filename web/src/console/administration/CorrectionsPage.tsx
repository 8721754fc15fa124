/** Corrections of identity data that wait for a decision: present beside requested data. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../ui/CommandDialog";
import { DataTable } from "../ui/DataTable";
import { PageHead } from "../ui/PageHead";
import { ProblemNotice } from "../ui/ProblemNotice";
import { ReadNotice } from "../ui/ReadNotice";
import { isExplained, NoteField, ReasonField } from "../ui/ReasonFields";
import { useFormats } from "../ui/titles";

type Correction = components["schemas"]["OpenCorrectionAnswer"];
type Refusal = components["schemas"]["CorrectionRefusal"];
type RefusalBody = components["schemas"]["CorrectionRefusalBody"];

const REFUSALS: Refusal[] = ["not_proved", "mistaken", "other"];
const FIELDS = [
  "given_names",
  "surnames",
  "birth_date",
  "country",
  "document_type",
  "document_number",
] as const;

export default function CorrectionsPage() {
  const { t } = useTranslation("console");
  const open = useQuery<Correction[], ApiProblem>({
    queryKey: ["corrections", "items"],
    queryFn: async () =>
      (await unwrap(onboarding.GET("/onboarding/v1/identity-corrections", { params: {} }))).items,
  });
  return (
    <>
      <PageHead title={t("menu.corrections")} />
      <ReadNotice reads={open} />
      {open.data?.length === 0 && <Alert type="success" title={t("corrections.none")} />}
      <ul className="cards">
        {open.data?.map((correction) => (
          <CorrectionCard key={correction.correction_id} correction={correction} />
        ))}
      </ul>
    </>
  );
}

function CorrectionCard({ correction }: { correction: Correction }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const queries = useQueryClient();
  const [isRefusing, setRefusing] = useState(false);
  const [reason, setReason] = useState<Refusal | null>(null);
  const [note, setNote] = useState("");
  const decision = useCommand<RefusalBody | null, unknown>(
    (refusal, key) => send(correction.correction_id, refusal, key),
    () => queries.invalidateQueries({ queryKey: ["corrections"] }),
  );
  const changed = FIELDS.filter(
    (field) => correction.current[field] !== correction.requested[field],
  );

  return (
    <li className="card">
      <div className="card-head">
        <Link to={`/people/${correction.person_id}?section=details`}>
          {correction.current.given_names} {correction.current.surnames}
        </Link>
        <span className="quiet">{instant(correction.requested_at)}</span>
      </div>
      {decision.isError && !isRefusing && <ProblemNotice problem={decision.error} />}
      <DataTable
        caption={t("menu.corrections")}
        heads={[t("corrections.field"), t("corrections.current"), t("corrections.requested")]}
        rows={changed.map((field) => ({
          key: field,
          cells: [
            t(`corrections.fields.${field}`),
            correction.current[field],
            <strong key="requested">{correction.requested[field]}</strong>,
          ],
        }))}
      />
      <div className="review-buttons">
        <Button type="primary" loading={decision.isPending} onClick={() => decision.mutate(null)}>
          {t("corrections.approve")}
        </Button>
        <Button danger onClick={() => setRefusing(true)}>
          {t("corrections.refuse")}
        </Button>
      </div>
      {isRefusing && (
        <CommandDialog
          title={t("corrections.refuse")}
          submit={t("corrections.refuse")}
          isDangerous
          isSending={decision.isPending}
          isReady={isExplained(reason, note)}
          problem={decision.error}
          onSubmit={() =>
            reason !== null && decision.mutate({ reason_code: reason, note: note.trim() || null })
          }
          onClose={() => setRefusing(false)}
        >
          <ReasonField codes={REFUSALS} value={reason} onChange={setReason} />
          <NoteField
            hint={t("corrections.noteHint")}
            value={note}
            onChange={setNote}
            isRequired={reason === "other"}
          />
        </CommandDialog>
      )}
    </li>
  );
}

function send(correctionId: string, refusal: RefusalBody | null, key: string): Promise<unknown> {
  const params = {
    path: { correction_id: correctionId },
    header: { "Idempotency-Key": key },
  };
  return refusal === null
    ? unwrap(
        onboarding.POST("/onboarding/v1/identity-corrections/{correction_id}/approval", { params }),
      )
    : unwrap(
        onboarding.POST("/onboarding/v1/identity-corrections/{correction_id}/refusal", {
          params,
          body: refusal,
        }),
      );
}
