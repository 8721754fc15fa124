/** How far a requested export has come; its file is saved when it is ready, and can be again. */
import { Alert, Button, Progress } from "antd";
import { useEffect, useRef } from "react";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../ui/ProblemNotice";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import {
  type ExportStatus,
  isRunning,
  useCancelExport,
  useExportStatus,
  useSaveExport,
} from "./api";

export function ExportProgress({ exportId }: { exportId: string }) {
  const status = useExportStatus(exportId);
  const { mutate: save, error } = useSaveExport();
  const savedExport = useRef<string | null>(null);
  const isDone = status.data?.state === "done";

  useEffect(() => {
    if (!isDone || savedExport.current === exportId) return;
    savedExport.current = exportId;
    save(exportId);
  }, [isDone, exportId, save]);

  return (
    <>
      <ReadNotice reads={status} />
      {status.data && (
        <ExportState
          status={status.data}
          problem={error}
          onCancelled={() => void status.refetch()}
          onSave={() => save(exportId)}
        />
      )}
    </>
  );
}

interface ExportStateProps extends DoneProps {
  onCancelled: () => void;
}

function ExportState({ status, problem, onCancelled, onSave }: ExportStateProps) {
  const { t } = useTranslation("console");
  if (isRunning(status.state)) return <Running status={status} onCancelled={onCancelled} />;
  if (status.state === "done") return <Done status={status} problem={problem} onSave={onSave} />;
  return (
    <Alert
      type={status.state === "cancelled" ? "info" : "error"}
      showIcon
      title={t(`export.state.${status.state}`)}
    />
  );
}

function Running({ status, onCancelled }: { status: ExportStatus; onCancelled: () => void }) {
  const { t } = useTranslation("console");
  const { count } = useFormats();
  const cancel = useCancelExport(onCancelled);
  const expected = status.estimated_rows ?? 0;
  const percent = expected > 0 ? Math.min(99, Math.floor((100 * status.rows) / expected)) : 0;
  return (
    <>
      <Progress percent={percent} aria-label={t("export.title")} />
      <p aria-live="polite">
        {t(`export.state.${status.state}`)} ·{" "}
        {t("export.rows", { count: status.rows, number: count(status.rows) })}
      </p>
      {cancel.error && <ProblemNotice problem={cancel.error} />}
      <Button loading={cancel.isPending} onClick={() => cancel.mutate(status.export_id)}>
        {t("export.cancel")}
      </Button>
    </>
  );
}

interface DoneProps {
  status: ExportStatus;
  /** Why the file could not be saved. */
  problem: ApiProblem | null;
  onSave: () => void;
}

function Done({ status, problem, onSave }: DoneProps) {
  const { t } = useTranslation("console");
  const { count, instant, title } = useFormats();
  const manifest = status.manifest;
  return (
    <>
      <Alert
        type="success"
        showIcon
        title={t("export.done", { count: status.rows, number: count(status.rows) })}
        className="gap-below"
      />
      {manifest && (
        <dl className="facts">
          <dt>{t("export.filters")}</dt>
          <dd>{manifest.filters_in_words.join("; ")}</dd>
          <dt>{t("export.dataOf")}</dt>
          <dd>{instant(manifest.as_of)}</dd>
          {manifest.withheld_columns.length > 0 && (
            <>
              <dt>{t("export.withheld")}</dt>
              <dd>{manifest.withheld_columns.map((name) => title("column", name)).join(", ")}</dd>
            </>
          )}
          <dt>SHA-256</dt>
          <dd className="identifier">{manifest.sha256}</dd>
          <dt>{t("export.keptUntil")}</dt>
          <dd>{instant(status.expires_at)}</dd>
        </dl>
      )}
      {problem !== null && <ProblemNotice problem={problem} />}
      <Button type="primary" onClick={onSave}>
        {t("export.save")}
      </Button>
    </>
  );
}
