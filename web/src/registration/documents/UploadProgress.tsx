/** How an upload goes, in words, with abort and retry. */
import { useTranslation } from "@/i18n";
import { Notice, ProblemNotice } from "../layout/Notice";
import type { UploadLimits } from "./prepareFile";
import type { UploadState } from "./useUpload";

interface Props {
  state: UploadState;
  limits: UploadLimits;
  onAbort: () => void;
  onRetry: () => Promise<void>;
}

const MEGABYTE = 1_000_000;

export function UploadProgress({ state, limits, onAbort, onRetry }: Props) {
  const { t } = useTranslation("registration");
  switch (state.phase) {
    case "idle":
    case "unusable":
      return null;
    case "refused": {
      const megabytes = Math.floor(limits.max_file_bytes / MEGABYTE);
      return (
        <Notice tone="error" title={t(`documents.refused.${state.refusal}`, { megabytes })}>
          <p>{t(`documents.refusedAdvice.${state.refusal}`)}</p>
        </Notice>
      );
    }
    case "failed":
      if (state.problem.type === "file-not-received") {
        return (
          <Notice tone="error" title={t("documents.notReceived")}>
            <button type="button" className="button button-quiet" onClick={() => void onRetry()}>
              {t("retry")}
            </button>
          </Notice>
        );
      }
      return <ProblemNotice problem={state.problem} onRetry={() => void onRetry()} />;
    default: {
      const value = state.phase === "sending" ? { value: state.part } : {};
      const percent = state.phase === "sending" ? Math.round(state.part * 100) : 0;
      return (
        <div className="upload">
          <p role="status">{t(`documents.phase.${state.phase}`)}</p>
          <progress max={1} {...value} aria-label={t("documents.progress", { percent })} />
          <button type="button" className="text-button" onClick={onAbort}>
            {t("documents.abort")}
          </button>
        </div>
      );
    }
  }
}
