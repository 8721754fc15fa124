/** The file beside the decision: its pages as pictures, and the file itself to download. */
import { Button } from "antd";
import { useState } from "react";
import { type ApiProblem, asProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { type DossierDocument, downloadLink } from "../profile/api";
import { download } from "../ui/download";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { FilePreview } from "./FilePreview";
import { KeyHint, useReviewKeys } from "./reviewKeys";

export function FileView({ document }: { document: DossierDocument }) {
  const { t } = useTranslation("console");
  const { title, instant } = useFormats();
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  async function save(): Promise<void> {
    setProblem(null);
    try {
      download(await downloadLink(document.document_id));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }

  useReviewKeys({ o: () => void save() });

  return (
    <section className="review-file" aria-label={t("review.file")}>
      <p className="quiet">
        {title("document-kind", document.kind)} · {formatOf(document.media_type)} ·{" "}
        {Math.ceil(document.size_bytes / 1024)} kB · {instant(document.received_at)}
      </p>
      {problem !== null && <ProblemNotice problem={problem} />}
      <FilePreview documentId={document.document_id} name={title("document-kind", document.kind)} />
      <Button onClick={() => void save()}>
        {t("review.download")} <KeyHint letter="O" />
      </Button>
    </section>
  );
}

/** `image/jpeg` is JPEG. */
function formatOf(mediaType: string): string {
  return mediaType.slice(mediaType.indexOf("/") + 1).toUpperCase();
}
