/** The files of a person and what is still required; each preview and download is recorded. */
import { Button, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { type ApiProblem, asProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { FilePreview } from "../review/FilePreview";
import { DataTable } from "../ui/DataTable";
import { download } from "../ui/download";
import { Panel } from "../ui/Facts";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { downloadLink, type Profile } from "./api";

export function DocumentsPanel({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const may = useMay();
  const { instant, title } = useFormats();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [shown, setShown] = useState<{ id: string; name: string } | null>(null);
  const dossier = profile.customer_details.documents;
  const provided = new Set(
    dossier.files.filter((file) => file.state !== "superseded").map((file) => file.kind),
  );
  const missing = dossier.requirements.filter(
    (requirement) => !requirement.kinds.some((kind) => provided.has(kind)),
  );

  async function save(documentId: string): Promise<void> {
    setProblem(null);
    try {
      download(await downloadLink(documentId));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }

  return (
    <Panel title={t("documents.title")}>
      <p>
        {t(`documents.state.${dossier.state ?? "none"}`)}{" "}
        {may("documents_review") && dossier.files.length > 0 && (
          <Link to={`/review/${profile.person_id}`}>{t("documents.review")}</Link>
        )}
      </p>
      {problem !== null && <ProblemNotice problem={problem} />}
      {missing.length > 0 && (
        <p>
          {t("documents.missing")}{" "}
          {missing
            .map(({ kinds }) => kinds.map((kind) => title("document-kind", kind)).join(t("or")))
            .join("; ")}
        </p>
      )}
      {dossier.files.length > 0 && (
        <DataTable
          caption={t("documents.title")}
          heads={[
            t("documents.kind"),
            t("documents.stateHead"),
            t("documents.received"),
            t("list.action"),
          ]}
          rows={dossier.files.map((file) => ({
            key: file.document_id,
            cells: [
              title("document-kind", file.kind),
              [
                t(`documents.file.${file.state}`),
                file.reason_code && title("reason", file.reason_code),
              ]
                .filter(Boolean)
                .join(": "),
              instant(file.received_at),
              may("dossiers_read") && file.state !== "failed" ? (
                <span key="open" className="row-actions">
                  {file.state !== "received" && (
                    <Button
                      size="small"
                      onClick={() =>
                        setShown({
                          id: file.document_id,
                          name: title("document-kind", file.kind),
                        })
                      }
                    >
                      {t("preview.open")}
                    </Button>
                  )}
                  <Button size="small" onClick={() => void save(file.document_id)}>
                    {t("documents.download")}
                  </Button>
                </span>
              ) : (
                "—"
              ),
            ],
          }))}
        />
      )}
      {shown !== null && (
        <Modal open width={900} title={shown.name} footer={null} onCancel={() => setShown(null)}>
          <FilePreview documentId={shown.id} name={shown.name} />
        </Modal>
      )}
    </Panel>
  );
}
