/** How many people there were at the end of each day, by kind. */
import { useQuery } from "@tanstack/react-query";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Panel } from "../ui/Facts";
import { PageHead } from "../ui/PageHead";
import { PeriodFilter } from "../ui/period/PeriodFilter";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { LineChart } from "./LineChart";
import { datesOf, useReportPeriod } from "./useReportPeriod";

type DailyTotals = components["schemas"]["DailyTotals"];
type Day = DailyTotals["days"][number];

const KINDS = ["pre_customer", "customer"] as const;

export default function DailyPage() {
  const { t } = useTranslation("console");
  const { count, day, title } = useFormats();
  const report = useReportPeriod();
  const { from, to } = datesOf(report);
  const totals = useQuery<DailyTotals, ApiProblem>({
    queryKey: ["daily", from, to],
    queryFn: () =>
      unwrap(
        query.GET("/query/v1/totals/daily", {
          params: {
            query: { ...(from ? { date_from: from } : {}), ...(to ? { date_to: to } : {}) },
          },
        }),
      ) as Promise<DailyTotals>,
  });
  const days = totals.data?.days ?? [];
  return (
    <>
      <PageHead title={t("menu.daily")}>
        <PeriodFilter
          label={t("daily.period")}
          period={report.period}
          presets={report.presets}
          onChange={report.setPeriod}
        />
      </PageHead>
      <ReadNotice reads={totals} />
      {days.length > 0 && (
        <Panel title={t("daily.title")}>
          <LineChart
            title={t("menu.daily")}
            days={days.map(({ date }) => day(date))}
            series={KINDS.map((kind) => ({
              label: title("kind", kind),
              values: days.map((each) => peopleOf(each, kind)),
            }))}
          />
          <DataTable
            caption={t("daily.title")}
            heads={[t("daily.day"), ...KINDS.map((kind) => title("kind", kind))]}
            rows={[...days].reverse().map((each) => ({
              key: each.date,
              cells: [day(each.date), ...KINDS.map((kind) => count(peopleOf(each, kind)))],
            }))}
          />
        </Panel>
      )}
    </>
  );
}

function peopleOf(day: Day, kind: string): number {
  return Object.values(day.by_status[kind] ?? {}).reduce((sum, people) => sum + people, 0);
}
