/** One claim: the claimant beside the holder, and the decision. */
import { Alert, App, Button } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { CommandDialog } from "../ui/CommandDialog";
import { DataTable } from "../ui/DataTable";
import { Facts } from "../ui/Facts";
import { PageHead } from "../ui/PageHead";
import { ReadNotice } from "../ui/ReadNotice";
import { ReasonField } from "../ui/ReasonFields";
import { useFormats } from "../ui/titles";
import {
  type Claim,
  type ClaimDecision,
  type ClaimDetails,
  type ClaimSide,
  REASONS,
  useClaim,
  useClaimDecision,
} from "./api";
import { ClaimFilesTable } from "./ClaimFilesTable";

const FIELDS = [
  "given_names",
  "surnames",
  "birth_date",
  "country",
  "document_type",
  "document_number",
] as const;
const CONTACTS = ["email", "phone"] as const;

export default function ClaimPage() {
  const { t } = useTranslation("console");
  const { claimId = "" } = useParams();
  const claim = useClaim(claimId);
  const [decision, setDecision] = useState<ClaimDecision["decision"] | null>(null);
  const details = claim.data?.data;
  return (
    <>
      <PageHead title={t("claims.title")} />
      <ReadNotice reads={claim} />
      {details !== undefined && (
        <div className="stack">
          <ClaimFacts claim={details.claim} />
          <Sides details={details} />
          {details.statement && (
            <>
              <h2>{t("claims.statement")}</h2>
              <p className="claim-statement">{details.statement}</p>
            </>
          )}
          {details.claim.state === "open" && (
            <>
              <ClaimFilesTable claimId={claimId} />
              <Alert type="info" title={t("claims.consequence")} />
              <div className="review-buttons">
                <Button type="primary" onClick={() => setDecision("grant")}>
                  {t("claims.grant")}
                </Button>
                <Button danger onClick={() => setDecision("refuse")}>
                  {t("claims.refuse")}
                </Button>
              </div>
            </>
          )}
        </div>
      )}
      {decision !== null && details !== undefined && (
        <DecisionDialog
          claimId={claimId}
          decision={decision}
          etag={claim.data?.etag ?? null}
          state={details.claim.state}
          onConflict={() => void claim.refetch()}
          onClose={() => setDecision(null)}
        />
      )}
    </>
  );
}

function ClaimFacts({ claim }: { claim: Claim }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const may = useMay();
  const { decision } = claim;
  const profile = (personId: string) =>
    may("profile_read") ? (
      <Link to={`/people/${personId}`}>{t("claims.openProfile")}</Link>
    ) : (
      <span className="identifier">{personId}</span>
    );
  return (
    <Facts
      facts={[
        [t("claims.state"), t(`claims.states.${claim.state}`)],
        [t("claims.openedAt"), instant(claim.opened_at)],
        [t("claims.endsAt"), instant(decision?.at ?? claim.expires_at)],
        [t("reason"), decision?.reason_in_words],
        [t("claims.holder"), profile(claim.holder)],
        [t("claims.claimant"), decision?.claimant_id && profile(decision.claimant_id)],
      ]}
    />
  );
}

function Sides({ details }: { details: ClaimDetails }) {
  const { t } = useTranslation("console");
  const { claimant, holder } = details;
  if (!claimant.details) return <Alert type="info" title={t("claims.destroyed")} />;
  const rows = [
    ...FIELDS.map((field) => ({
      key: field,
      label: t(`corrections.fields.${field}`),
      of: (side: ClaimSide) => side.details?.[field],
    })),
    ...CONTACTS.map((contact) => ({
      key: contact,
      label: t(`claims.${contact}`),
      of: (side: ClaimSide) => side[contact],
    })),
  ];
  return (
    <DataTable
      caption={t("claims.sides")}
      heads={[t("corrections.field"), t("claims.claimant"), t("claims.holder")]}
      rows={rows.map(({ key, label, of }) => ({
        key,
        cells: [label, marked(of(claimant), of(holder)), of(holder) || "—"],
      }))}
    />
  );
}

/** What differs from the holder's is strong, so that it is seen without colour. */
function marked(ours: string | null | undefined, theirs: string | null | undefined) {
  return ours === theirs ? ours || "—" : <strong>{ours || "—"}</strong>;
}

interface DialogProps {
  claimId: string;
  decision: ClaimDecision["decision"];
  etag: string | null;
  state: Claim["state"];
  onConflict: () => void;
  onClose: () => void;
}

function DecisionDialog(props: DialogProps) {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const [reason, setReason] = useState<ClaimDecision["reason"] | null>(null);
  const command = useClaimDecision(props.claimId, () => {
    void message.success(t("claims.done"));
    props.onClose();
  });

  function submit(): void {
    if (reason === null || props.etag === null) return;
    const body = { decision: props.decision, reason };
    command.mutate(
      { body, etag: props.etag },
      { onError: (problem) => void (problem.isConflict && props.onConflict()) },
    );
  }

  return (
    <CommandDialog
      title={t(`claims.${props.decision}`)}
      submit={t(`claims.${props.decision}`)}
      isDangerous
      isSending={command.isPending}
      isReady={reason !== null && props.etag !== null && props.state === "open"}
      problem={command.error}
      conflict={t(`claims.states.${props.state}`)}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{t(`claims.${props.decision}Lead`)}</p>
      <ReasonField codes={REASONS[props.decision]} value={reason} onChange={setReason} />
    </CommandDialog>
  );
}
