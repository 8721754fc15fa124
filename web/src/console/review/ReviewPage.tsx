/** One dossier in review: its documents, the file beside the decision, and keys for all of it. */
import { Alert, Button } from "antd";
import { type RefObject, useRef, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { type Dossier, type DossierDocument, useDossier, useRefreshPerson } from "../profile/api";
import { PageTitle } from "../ui/PageTitle";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { followingDossier, useReviewQueue } from "./api";
import { DecisionPanel } from "./DecisionPanel";
import { FileView } from "./FileView";
import { KeyHint, ReviewKeysSwitch, useReviewKeys, useReviewKeysAreKnown } from "./reviewKeys";

export default function ReviewPage() {
  const { personId = "" } = useParams();
  const dossier = useDossier(personId);
  const keysAreKnown = useReviewKeysAreKnown();
  return (
    <>
      <ReadNotice reads={dossier} />
      {dossier.data && keysAreKnown && (
        <Review
          key={personId}
          dossier={dossier.data.data}
          etag={dossier.data.etag ?? ""}
          onDecided={async () => void (await dossier.refetch())}
        />
      )}
    </>
  );
}

interface Props {
  dossier: Dossier;
  etag: string;
  onDecided: () => Promise<void>;
}

function Review({ dossier, etag, onDecided }: Props) {
  const { t } = useTranslation("console");
  const may = useMay();
  const navigate = useNavigate();
  const refresh = useRefreshPerson(dossier.person_id);
  const queue = useReviewQueue();
  const shown = dossier.documents.filter(
    ({ state }) => state !== "superseded" && state !== "failed",
  );
  const [chosenId, setChosenId] = useState<string | null>(null);
  /** What the reviewer saw when a decision was refused because the dossier had changed. */
  const [seen, setSeen] = useState<DossierDocument[] | null>(null);
  const chosen =
    shown.find(({ document_id }) => document_id === chosenId) ??
    shown.find(({ state }) => state === "screened") ??
    shown[0];
  const list = useRef<HTMLUListElement>(null);
  const following = followingIn(queue.data);

  function followingIn(data: typeof queue.data) {
    return followingDossier(data?.pages.flatMap((page) => page.items) ?? [], dossier.person_id);
  }

  /** Keys must show where they lead, also when the pressed button has disappeared. */
  function focusChosen(): void {
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>("[aria-pressed='true']")?.focus(),
    );
  }

  function step(by: number): void {
    const index = shown.findIndex(({ document_id }) => document_id === chosen?.document_id);
    const next = shown[(index + by + shown.length) % shown.length];
    if (next === undefined) return;
    setChosenId(next.document_id);
    focusChosen();
  }

  async function nextDossier(): Promise<void> {
    const next = followingIn((await queue.refetch()).data);
    await navigate(next ? `/review/${next.person_id}` : "/review");
  }

  useReviewKeys({
    j: () => step(1),
    k: () => step(-1),
    n: () => void nextDossier(),
  });

  return (
    <>
      <PageTitle title={t("menu.reviewQueue")} />
      <header className="page-head">
        <h1>{t("review.title")}</h1>
        <span>{t(`documents.state.${dossier.status}`)}</span>
        <div className="page-actions">
          {may("profile_read") && (
            <Link to={`/people/${dossier.person_id}`}>{t("review.profile")}</Link>
          )}
          <Button onClick={() => void nextDossier()}>
            {following ? t("review.nextDossier") : t("review.backToQueue")} <KeyHint letter="N" />
          </Button>
        </div>
      </header>
      <ReviewKeysSwitch />
      {seen !== null && <Changes before={seen} now={dossier.documents} />}
      <div className="review">
        <DocumentList list={list} documents={shown} chosen={chosen} onChoose={setChosenId} />
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
                setSeen(null);
                setChosenId(null);
                await onDecided();
                await refresh();
                focusChosen();
              }}
              onConflict={async () => {
                setSeen(dossier.documents);
                await onDecided();
              }}
            />
          </>
        )}
      </div>
    </>
  );
}

interface ChangesProps {
  before: DossierDocument[];
  now: DossierDocument[];
}

/** Which documents are not as the reviewer saw them; the decision was not saved. */
function Changes({ before, now }: ChangesProps) {
  const { t } = useTranslation("console");
  const { title } = useFormats();
  const states = new Map(before.map(({ document_id, state }) => [document_id, state]));
  const changed = now.filter(({ document_id, state }) => states.get(document_id) !== state);
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={t("review.changed")}
      description={
        changed.length > 0 && (
          <ul>
            {changed.map(({ document_id, kind, state }) => (
              <li key={document_id}>
                {title("document-kind", kind)}: {t(`documents.file.${fileState(state)}`)}
              </li>
            ))}
          </ul>
        )
      }
    />
  );
}

interface ListProps {
  list: RefObject<HTMLUListElement | null>;
  documents: DossierDocument[];
  chosen: DossierDocument | undefined;
  onChoose: (documentId: string) => void;
}

function DocumentList({ list, documents, chosen, onChoose }: ListProps) {
  const { t } = useTranslation("console");
  const { title } = useFormats();
  return (
    <ul ref={list} className="review-list" aria-label={t("documents.title")}>
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
