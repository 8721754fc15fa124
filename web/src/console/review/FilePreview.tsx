/** The pages of a file as pictures, which the service makes with a watermark and records. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useEffect, useState } from "react";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { documentPreview, type Preview } from "../profile/api";
import { ReadNotice } from "../ui/ReadNotice";
import { useKeys } from "../ui/useKeys";

interface Props {
  documentId: string;
  /** What the file is, such as "payslip". */
  name: string;
}

export function FilePreview({ documentId, name }: Props) {
  const { t } = useTranslation("console");
  const [page, setPage] = useState(1);
  const [isWide, setWide] = useState(false);
  const preview = useQuery<Preview, ApiProblem>({
    queryKey: ["preview", documentId, page],
    queryFn: () => documentPreview(documentId, page),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: (before) => before,
  });
  const address = useObjectUrl(preview.data?.picture);
  const pages = preview.data?.pageCount ?? 1;
  const turn = (by: number) => setPage(Math.min(pages, Math.max(1, page + by)));

  useKeys({ arrowright: () => turn(1), arrowleft: () => turn(-1) });

  return (
    <div className="preview" aria-busy={preview.isFetching}>
      <ReadNotice reads={preview} />
      {preview.data && address !== null && (
        <button
          type="button"
          className={isWide ? "picture picture-wide" : "picture"}
          aria-label={isWide ? t("preview.shrink") : t("preview.enlarge")}
          onClick={() => setWide(!isWide)}
        >
          <img src={address} alt={t("preview.alt", { name, page, pages })} />
        </button>
      )}
      {pages > 1 && (
        <nav className="preview-pages" aria-label={t("preview.pages")}>
          <Button size="small" disabled={page === 1} onClick={() => turn(-1)}>
            {t("preview.previous")}
          </Button>
          <span aria-live="polite">{t("preview.page", { page, pages })}</span>
          <Button size="small" disabled={page === pages} onClick={() => turn(1)}>
            {t("preview.next")}
          </Button>
        </nav>
      )}
    </div>
  );
}

/** An address of the picture within this page, released with the component. */
function useObjectUrl(picture: Blob | undefined): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (picture === undefined) return;
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return address;
}
