/** What the claimant sent; each download is recorded. */
import { Button } from "antd";
import { useState } from "react";
import { type ApiProblem, asProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { download } from "../ui/download";
import { ProblemNotice } from "../ui/ProblemNotice";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { claimFileLink, useClaimFiles } from "./api";

export function ClaimFilesTable({ claimId }: { claimId: string }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const files = useClaimFiles(claimId);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  async function save(fileId: string): Promise<void> {
    setProblem(null);
    try {
      download(await claimFileLink(claimId, fileId));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }

  const usable = files.data?.items.filter((file) => file.state === "screened") ?? [];
  return (
    <>
      <h2>{t("claims.files.title")}</h2>
      <ReadNotice reads={files} />
      {problem !== null && <ProblemNotice problem={problem} />}
      {files.data && usable.length === 0 && <p>{t("claims.files.none")}</p>}
      {usable.length > 0 && (
        <DataTable
          caption={t("claims.files.title")}
          heads={[t("claims.files.title"), t("documents.received"), t("list.action")]}
          rows={usable.map((file, index) => ({
            key: file.file_id,
            cells: [
              t("claims.files.name", { number: index + 1 }),
              instant(file.sent_at),
              <Button key="download" size="small" onClick={() => void save(file.file_id)}>
                {t("claims.files.download")}
              </Button>,
            ],
          }))}
        />
      )}
    </>
  );
}
