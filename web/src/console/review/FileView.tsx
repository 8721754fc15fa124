/** The file itself: pictures in the page, PDFs in a tab of their own; each opening is recorded. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiProblem, asProblem } from "@/api/problems";
import { type DossierDocument, downloadLink } from "../profile/api";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useFormats } from "../ui/titles";
import { useKeys } from "./ReviewPage";

export function FileView({ document }: { document: DossierDocument }) {
  const { t } = useTranslation();
  const { title, instant } = useFormats();
  const isPicture = document.media_type.startsWith("image/");
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isWide, setWide] = useState(false);
  const link = useQuery<string, ApiProblem>({
    queryKey: ["file", document.document_id],
    queryFn: () => downloadLink(document.document_id),
    enabled: isPicture,
    staleTime: Number.POSITIVE_INFINITY,
  });

  async function open(): Promise<void> {
    setProblem(null);
    try {
      window.open(await downloadLink(document.document_id), "_blank", "noopener");
    } catch (error) {
      setProblem(asProblem(error));
    }
  }

  useKeys({ o: () => void open() });

  const shown = problem ?? link.error;
  return (
    <section className="review-file" aria-label={t("review.file")}>
      <p className="quiet">
        {title("document-kind", document.kind)} · {document.media_type} ·{" "}
        {Math.ceil(document.size_bytes / 1024)} kB · {instant(document.received_at)}
      </p>
      {shown !== null && <ProblemNotice problem={shown} />}
      {isPicture && link.data !== undefined && (
        <button
          type="button"
          className={isWide ? "picture picture-wide" : "picture"}
          aria-label={isWide ? t("review.shrink") : t("review.enlarge")}
          onClick={() => setWide(!isWide)}
        >
          <img src={link.data} alt={title("document-kind", document.kind)} />
        </button>
      )}
      {!isPicture && <p>{t("review.pdf")}</p>}
      <Button onClick={() => void open()}>
        {t("review.openFile")} <kbd>O</kbd>
      </Button>
    </section>
  );
}
