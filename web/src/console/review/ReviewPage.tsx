/** One dossier in review: its documents, the file beside the decision, and keys for all of it. */
import { Alert, Button } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { useMay } from "@/session/SignedInContext";
import { type Dossier, type DossierDocument, useDossier, useRefreshPerson } from "../profile/api";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { useReviewQueue } from "./api";
import { DecisionPanel } from "./DecisionPanel";
import { FileView } from "./FileView";

export default function ReviewPage() {
  const { personId = "" } = useParams();
  const dossier = useDossier(personId, true);
  if (dossier.isError) {
    return <ProblemNotice problem={dossier.error} onRetry={() => void dossier.refetch()} />;
  }
  if (dossier.data === undefined) return null;
  return (
    <Review
      key={personId}
      dossier={dossier.data.data}
      etag={dossier.data.etag ?? ""}
      onDecided={async () => void (await dossier.refetch())}
    />
  );
}

interface Props {
  dossier: Dossier;
  etag: string;
  onDecided: () => Promise<void>;
}

function Review({ dossier, etag, onDecided }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const refresh = useRefreshPerson(dossier.person_id);
  const queue = useReviewQueue();
  const shown = dossier.documents.filter(
    ({ state }) => state !== "superseded" && state !== "failed",
  );
  const [chosenId, setChosenId] = useState<string | null>(null);
  const chosen =
    shown.find(({ document_id }) => document_id === chosenId) ??
    shown.find(({ state }) => state === "screened") ??
    shown[0];
  const following = queue.data?.pages
    .flatMap((page) => page.items)
    .find(({ person_id }) => person_id !== dossier.person_id);

  function step(by: number): void {
    const index = shown.findIndex(({ document_id }) => document_id === chosen?.document_id);
    const next = shown[(index + by + shown.length) % shown.length];
    if (next !== undefined) setChosenId(next.document_id);
  }

  async function nextDossier(): Promise<void> {
    await queue.refetch();
    await navigate(following ? `/review/${following.person_id}` : "/review");
  }

  useKeys({
    j: () => step(1),
    k: () => step(-1),
    n: () => void nextDossier(),
  });

  return (
    <>
      <title>{`${t("menu.reviewQueue")} · ${t("brand")}`}</title>
      <header className="page-head">
        <h1>{t("review.title")}</h1>
        <span>{t(`documents.state.${dossier.status}`)}</span>
        <div className="page-actions">
          {may("profile_read") && (
            <Link to={`/people/${dossier.person_id}`}>{t("review.profile")}</Link>
          )}
          <Button onClick={() => void nextDossier()}>
            {following ? t("review.nextDossier") : t("review.backToQueue")} <kbd>N</kbd>
          </Button>
        </div>
      </header>
      <p className="quiet">{t("review.keys")}</p>
      <div className="review">
        <DocumentList documents={shown} chosen={chosen} onChoose={setChosenId} />
        {chosen === undefined ? (
          <Alert type="info" title={t("documents.state.none")} />
        ) : (
          <>
            <FileView key={`file ${chosen.document_id}`} document={chosen} />
            <DecisionPanel
              key={chosen.document_id}
              document={chosen}
              etag={etag}
              onDecided={async () => {
                setChosenId(null);
                await onDecided();
                await refresh();
              }}
            />
          </>
        )}
      </div>
    </>
  );
}

interface ListProps {
  documents: DossierDocument[];
  chosen: DossierDocument | undefined;
  onChoose: (documentId: string) => void;
}

function DocumentList({ documents, chosen, onChoose }: ListProps) {
  const { t } = useTranslation();
  const { title } = useFormats();
  return (
    <ul className="review-list" aria-label={t("documents.title")}>
      {documents.map((document) => (
        <li key={document.document_id}>
          <button
            type="button"
            aria-pressed={document.document_id === chosen?.document_id}
            onClick={() => onChoose(document.document_id)}
          >
            <strong>{title("document-kind", document.kind)}</strong>
            <span className="quiet">{t(`documents.file.${fileState(document.state)}`)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const FILE_STATES = [
  "received",
  "failed",
  "screened",
  "accepted",
  "rejected",
  "superseded",
] as const;

function fileState(state: string): (typeof FILE_STATES)[number] {
  return FILE_STATES.find((each) => each === state) ?? "received";
}

/** Single keys, except while something is typed or a dialog is open. */
export function useKeys(actions: Record<string, () => void>): void {
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      const target = event.target as HTMLElement;
      const isTyping = target.closest(
        "input, textarea, select, [role='combobox'], [role='dialog']",
      );
      if (isTyping !== null || event.ctrlKey || event.metaKey || event.altKey) return;
      const action = actions[event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [actions]);
}
