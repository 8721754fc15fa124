/** How far an export has come; then its file with the manifest. */
import { Alert, Button, Progress } from "antd";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { cancelExport, downloadExport, type ExportStatus, isRunning, useExportStatus } from "./api";

export function ExportProgress({ exportId }: { exportId: string }) {
  const { t } = useTranslation();
  const status = useExportStatus(exportId);
  const followed = useRef(false);
  const state = status.data?.state;

  useEffect(() => {
    if (state === undefined) return;
    // The file is saved by itself only to somebody who waited for it here.
    if (isRunning(state)) followed.current = true;
    else if (state === "done" && followed.current) void downloadExport(exportId);
  }, [state, exportId]);

  if (status.isError) return <ProblemNotice problem={status.error} />;
  if (status.data === undefined) return <p>{t("waiting")}</p>;
  if (isRunning(status.data.state)) {
    return <Running status={status.data} onCancelled={() => void status.refetch()} />;
  }
  if (status.data.state === "done") return <Done status={status.data} />;
  return (
    <Alert
      type={status.data.state === "cancelled" ? "info" : "error"}
      showIcon
      title={t(`export.state.${status.data.state}`)}
    />
  );
}

function Running({ status, onCancelled }: { status: ExportStatus; onCancelled: () => void }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const expected = status.estimated_rows ?? 0;
  const percent = expected > 0 ? Math.min(99, Math.floor((100 * status.rows) / expected)) : 0;
  return (
    <>
      <Progress percent={percent} aria-label={t("export.title")} />
      <p aria-live="polite">
        {t(`export.state.${status.state}`)} · {t("export.rows", { count: count(status.rows) })}
      </p>
      <Button onClick={() => void cancelExport(status.export_id).finally(onCancelled)}>
        {t("export.cancel")}
      </Button>
    </>
  );
}

function Done({ status }: { status: ExportStatus }) {
  const { t } = useTranslation();
  const { count, instant, title } = useFormats();
  const manifest = status.manifest;
  return (
    <>
      <Alert
        type="success"
        showIcon
        title={t("export.done", { count: count(status.rows) })}
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
      <Button type="primary" onClick={() => void downloadExport(status.export_id)}>
        {t("export.save")}
      </Button>
    </>
  );
}
