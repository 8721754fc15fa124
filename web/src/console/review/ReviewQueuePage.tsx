/** Dossiers that wait for a review, the longest waiting first. */
import { Alert, Button } from "antd";
import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { PageTitle } from "../ui/PageTitle";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { useReviewQueue } from "./api";

export default function ReviewQueuePage() {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const queue = useReviewQueue();
  const waiting = queue.data?.pages.flatMap((page) => page.items) ?? [];
  const first = waiting[0];
  return (
    <>
      <PageTitle title={t("menu.reviewQueue")} />
      <header className="page-head">
        <h1>{t("menu.reviewQueue")}</h1>
        {first !== undefined && (
          <Link className="button-link" to={`/review/${first.person_id}`}>
            {t("review.begin")}
          </Link>
        )}
      </header>
      <ReadNotice reads={queue} />
      {queue.data && first === undefined && <Alert type="success" title={t("review.empty")} />}
      {first !== undefined && (
        <DataTable
          caption={t("menu.reviewQueue")}
          heads={[
            t("review.waitingSince"),
            t("review.documents"),
            t("profile.personId"),
            t("list.action"),
          ]}
          rows={waiting.map((dossier) => ({
            key: dossier.person_id,
            cells: [
              instant(dossier.submitted_at),
              dossier.document_count,
              <span key="id" className="identifier">
                {dossier.person_id}
              </span>,
              <Link
                key="open"
                to={`/review/${dossier.person_id}`}
                aria-label={t("review.openOf", { id: dossier.person_id })}
              >
                {t("review.open")}
              </Link>,
            ],
          }))}
        />
      )}
      {queue.hasNextPage && (
        <Button loading={queue.isFetchingNextPage} onClick={() => void queue.fetchNextPage()}>
          {t("review.more")}
        </Button>
      )}
    </>
  );
}
