/** How far those went who registered in a period, and where they stopped. */
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
import { BarChart } from "./BarChart";
import { datesOf, useReportPeriod } from "./useReportPeriod";

type Funnel = components["schemas"]["ShownFunnel"];

export default function FunnelPage() {
  const { t } = useTranslation("console");
  const { count, day } = useFormats();
  const report = useReportPeriod();
  const { from, to } = datesOf(report);
  const funnel = useQuery<Funnel, ApiProblem>({
    queryKey: ["funnel", from, to],
    queryFn: () =>
      unwrap(
        query.GET("/query/v1/funnel", {
          params: {
            query: { ...(from ? { created_from: from } : {}), ...(to ? { created_to: to } : {}) },
          },
        }),
      ) as Promise<Funnel>,
  });
  return (
    <>
      <PageHead title={t("menu.funnel")}>
        <PeriodFilter
          label={t("funnel.period")}
          period={report.period}
          presets={report.presets}
          onChange={report.setPeriod}
        />
      </PageHead>
      <ReadNotice reads={funnel} />
      {funnel.data && (
        <Panel
          title={t("funnel.title", {
            people: count(funnel.data.people),
            from: day(funnel.data.registered_from),
            to: day(funnel.data.registered_to),
          })}
        >
          <BarChart
            title={t("menu.funnel")}
            bars={funnel.data.steps.map(({ step, reached }) => ({
              label: t(`funnel.step.${step}`),
              value: reached,
              text: `${count(reached)} (${share(reached, funnel.data.people)})`,
            }))}
          />
          <Steps funnel={funnel.data} />
        </Panel>
      )}
    </>
  );
}

function Steps({ funnel }: { funnel: Funnel }) {
  const { t } = useTranslation("console");
  const { count } = useFormats();
  const duration = useDuration();
  return (
    <DataTable
      caption={t("funnel.steps")}
      heads={[
        t("funnel.stepHead"),
        t("funnel.reached"),
        t("funnel.stopped"),
        t("funnel.median"),
        t("funnel.p95"),
      ]}
      rows={funnel.steps.map((each) => ({
        key: each.step,
        cells: [
          t(`funnel.step.${each.step}`),
          count(each.reached),
          count(each.stopped_after),
          duration(each.median_seconds),
          duration(each.p95_seconds),
        ],
      }))}
    />
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? "—" : `${Math.round((100 * part) / whole)} %`;
}

/** Seconds in the largest unit that is not below one. */
function useDuration(): (seconds: number | null) => string {
  const { language } = useTranslation("console");
  return (seconds) => {
    if (seconds === null) return "—";
    const [unit, size] =
      seconds >= 86_400
        ? (["day", 86_400] as const)
        : seconds >= 3_600
          ? (["hour", 3_600] as const)
          : seconds >= 60
            ? (["minute", 60] as const)
            : (["second", 1] as const);
    const format = new Intl.NumberFormat(language, {
      style: "unit",
      unit,
      unitDisplay: "long",
      maximumFractionDigits: 1,
    });
    return format.format(seconds / size);
  };
}
