/** One required document: its state, the alternatives, and the two ways to send it. */
import { useId, useRef, useState } from "react";
import { useTranslation } from "@/i18n";
import {
  type Dossier,
  newestFile,
  type Requirement,
  rejectionNote,
} from "../application/ownApplication";
import { capitalized } from "../fields/capitalized";
import { Notice } from "../layout/Notice";
import { FileButton } from "./FileButton";
import type { UploadLimits } from "./prepareFile";
import { UploadProgress } from "./UploadProgress";
import { isBusy, useUpload } from "./useUpload";

interface Props {
  requirement: Requirement;
  files: Dossier["documents"];
  limits: UploadLimits;
}

export function RequirementCard({ requirement, files, limits }: Props) {
  const { t } = useTranslation("registration");
  const { kinds, kinds_in_words, state, reason_in_words, note } = requirement;
  const [kind, setKind] = useState(kinds[0] ?? "");
  const [isReplacing, setReplacing] = useState(false);
  const { state: upload, upload: start, abort, retry } = useUpload(limits);
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const title = capitalized(kinds_in_words.join(t("documents.or")));
  const busy = isBusy(upload);
  const acceptsFile = state === "missing" || state === "rejected" || isReplacing;
  const rejected = rejectionNote(files, requirement);
  const failed = newestFile(files, kinds, "failed");
  const isUnusable = upload.phase === "unusable" || (state === "missing" && failed && !busy);
  const reason = upload.phase === "unusable" ? upload.reason : failed?.reason;
  const reasonInWords = upload.phase === "unusable" ? upload.words : failed?.reason_in_words;

  function send(file: File): void {
    setReplacing(false);
    // The button with the focus is replaced by the progress.
    heading.current?.focus();
    void start(file, kind);
  }

  return (
    <section className={`card requirement requirement-${state}`} aria-labelledby={titleId}>
      <div className="requirement-head">
        <h2 id={titleId} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <span className="requirement-state">{t(`documents.state.${state}`)}</span>
      </div>
      {note && <p>{note}</p>}
      {state === "rejected" && (
        <Notice tone="warning" title={t("documents.rejected", { reason: reason_in_words ?? "" })}>
          {rejected && <p>{rejected}</p>}
        </Notice>
      )}
      {isUnusable && (
        <Notice tone="error" title={t("documents.unusable", { reason: reasonInWords ?? "" })}>
          <p>{t(`documents.advice.${adviceOf(reason)}`)}</p>
        </Notice>
      )}
      <UploadProgress state={upload} limits={limits} onAbort={abort} onRetry={retry} />
      {acceptsFile && !busy && (
        <>
          {kinds.length > 1 && (
            <Alternatives kinds={kinds} words={kinds_in_words} chosen={kind} onChoose={setKind} />
          )}
          <div className="actions">
            <FileButton
              text={t("documents.takePhoto")}
              about={title}
              accept="image/*"
              hasCamera
              onFile={send}
            />
            <FileButton
              text={t("documents.chooseFile")}
              about={title}
              accept={`${limits.media_types.join(",")},.pdf,.jpg,.jpeg,.png`}
              isQuiet
              onFile={send}
            />
          </div>
        </>
      )}
      {(state === "received" || state === "screened") && !isReplacing && !busy && (
        <button type="button" className="text-button" onClick={() => setReplacing(true)}>
          {t("documents.replace")}
          <span className="visually-hidden">: {title}</span>
        </button>
      )}
    </section>
  );
}

interface AlternativesProps {
  kinds: string[];
  words: string[];
  chosen: string;
  onChoose: (kind: string) => void;
}

function Alternatives({ kinds, words, chosen, onChoose }: AlternativesProps) {
  const { t } = useTranslation("registration");
  const name = useId();
  return (
    <fieldset className="alternatives">
      <legend>{t("documents.which")}</legend>
      {kinds.map((kind, index) => (
        <label key={kind} className="choice">
          <input
            type="radio"
            name={name}
            checked={kind === chosen}
            onChange={() => onChoose(kind)}
          />
          {capitalized(words[index] ?? kind)}
        </label>
      ))}
    </fieldset>
  );
}

const ADVICE = {
  encrypted: "password",
  too_many_pages: "pages",
  too_many_pixels: "photo",
  heic: "heic",
  type_mismatch: "type",
  empty: "again",
  changed_after_upload: "again",
  uploads_blocked: "again",
} as const;

/** What to do about a file that cannot be used; printing it anew as a PDF helps most of them. */
function adviceOf(
  reason: string | null | undefined,
): (typeof ADVICE)[keyof typeof ADVICE] | "print" {
  return reason != null && reason in ADVICE ? ADVICE[reason as keyof typeof ADVICE] : "print";
}
