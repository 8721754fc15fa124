/** Who viewed and did what: searches, profiles, exports, refusals. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Input, Select } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { query } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { datesOf, useReportPeriod } from "../reports/useReportPeriod";
import { DataTable } from "../ui/DataTable";
import { Labelled } from "../ui/Labelled";
import { PageHead } from "../ui/PageHead";
import { PeriodFilter } from "../ui/period/PeriodFilter";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { useStaff } from "./staffApi";

const ACTIONS = [
  "profile-viewed",
  "timeline-viewed",
  "changes-viewed",
  "list-searched",
  "export-requested",
  "export-made",
  "export-fetched",
  "export-cancelled",
  "export-refused",
  "export-failed",
  "export-withdrawn",
  "access-refused",
  "audit-read",
] as const;

type Action = (typeof ACTIONS)[number];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export default function AuditPage() {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const report = useReportPeriod();
  const { from, to } = datesOf(report);
  const [actions, setActions] = useState<Action[]>([]);
  const [person, setPerson] = useState("");
  const isPerson = UUID.test(person.trim());
  const filters = {
    ...(actions.length > 0 ? { action: actions } : {}),
    ...(isPerson ? { person_id: person.trim() } : {}),
    ...(from ? { at_from: from } : {}),
    ...(to ? { at_to: to } : {}),
  };
  const trail = useInfiniteQuery({
    queryKey: ["audit", filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      unwrap(
        query.GET("/query/v1/audit", {
          params: { query: { ...filters, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });
  const nameOf = useStaffNames();
  const entries = trail.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <>
      <PageHead title={t("menu.audit")} />
      <div className="filters">
        <Labelled label={t("audit.actions")} className="field-wide">
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              showSearch={false}
              value={actions}
              onChange={setActions}
              placeholder={t("list.all")}
              options={ACTIONS.map((value) => ({ value, label: t(`audit.action.${value}`) }))}
            />
          )}
        </Labelled>
        <Labelled label={t("profile.personId")}>
          {(id) => (
            <Input
              id={id}
              value={person}
              allowClear
              status={person.trim() === "" || isPerson ? "" : "error"}
              onChange={(event) => setPerson(event.target.value)}
            />
          )}
        </Labelled>
        <PeriodFilter
          label={t("audit.period")}
          period={report.period}
          presets={report.presets}
          onChange={report.setPeriod}
        />
      </div>
      <ReadNotice reads={trail} />
      {trail.data && entries.length === 0 && <Alert type="info" title={t("audit.none")} />}
      {entries.length > 0 && (
        <DataTable
          caption={t("menu.audit")}
          heads={[
            t("audit.at"),
            t("audit.who"),
            t("audit.what"),
            t("audit.whom"),
            t("audit.facts"),
          ]}
          rows={entries.map((entry) => ({
            key: entry.entry_id,
            cells: [
              instant(entry.at),
              entry.by === null ? "—" : nameOf(entry.by),
              actionText(entry.action),
              entry.person_id === null ? (
                "—"
              ) : (
                <Link key="person" className="identifier" to={`/people/${entry.person_id}`}>
                  {entry.person_id}
                </Link>
              ),
              <EntryFacts key="facts" facts={entry.facts} />,
            ],
          }))}
        />
      )}
      {trail.hasNextPage && (
        <Button loading={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
          {t("timeline.older")}
        </Button>
      )}
    </>
  );

  function actionText(action: string): string {
    const known = ACTIONS.find((each) => each === action);
    return known ? t(`audit.action.${known}`) : action;
  }
}

function EntryFacts({ facts }: { facts: Record<string, unknown> }) {
  const { t } = useTranslation("console");
  const entries = Object.entries(facts);
  if (entries.length === 0) return "—";
  return (
    <details>
      <summary>{t("audit.showFacts")}</summary>
      {entries.map(([name, value]) => (
        <p key={name} className="identifier">
          {name}: {JSON.stringify(value)}
        </p>
      ))}
    </details>
  );
}

/** The e-mail of a member of staff; the id of those who were removed or are no staff of ours. */
function useStaffNames(): (id: string) => string {
  const { data } = useStaff();
  const names = new Map(data?.map(({ staff_id, email }) => [staff_id, email]));
  return (id) => names.get(id) ?? id;
}
