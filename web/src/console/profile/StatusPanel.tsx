/** The status of a record, and its earlier changes with reasons and notes. */
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Facts, Panel } from "../ui/Facts";
import { ReadNotice } from "../ui/ReadNotice";
import { Status } from "../ui/Status";
import { useFormats } from "../ui/titles";
import { type Profile, useStatusHistory } from "./api";

interface Props {
  personId: string;
  status: Profile["customer_details"]["status"];
}

export function StatusPanel({ personId, status }: Props) {
  const { t } = useTranslation("console");
  const { instant, title } = useFormats();
  return (
    <Panel title={t("statusFacts.title")}>
      <Facts
        facts={[
          [t("statusFacts.status"), <Status key="status" code={status.status} />],
          [t("statusFacts.since"), instant(status.status_changed_at)],
          [t("statusFacts.reason"), title("reason", status.status_reason_code)],
          [t("statusFacts.registered"), instant(status.registered_at)],
          [t("statusFacts.activated"), instant(status.activated_at)],
          [t("statusFacts.completed"), instant(status.completed_at)],
          [t("statusFacts.promoted"), instant(status.promoted_at)],
        ]}
      />
      <History personId={personId} />
    </Panel>
  );
}

function History({ personId }: { personId: string }) {
  const { t } = useTranslation("console");
  const { instant, title } = useFormats();
  const history = useStatusHistory(personId);
  const changes = history.data ?? [];
  return (
    <>
      <ReadNotice reads={history} />
      {changes.length > 0 && (
        <>
          <h3>{t("statusFacts.changes")}</h3>
          <DataTable
            caption={t("statusFacts.changes")}
            heads={[t("statusFacts.at"), t("statusFacts.to"), t("reason"), t("statusFacts.note")]}
            rows={changes.map((change) => ({
              key: change.at,
              cells: [
                instant(change.at),
                <Status key="to" code={change.to_status} />,
                title("reason", change.reason_code),
                change.note ?? "—",
              ],
            }))}
          />
        </>
      )}
    </>
  );
}
