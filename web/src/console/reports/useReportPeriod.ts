/** The period of a report, kept in the address. */
import { useSearchParams } from "react-router";
import { useListDescription } from "../lists/api";
import type { Period } from "../ui/period/calendar";
import type { PeriodPreset } from "../ui/period/PeriodFilter";

export interface ReportPeriod {
  period: Period;
  presets: PeriodPreset[];
  setPeriod: (period: Period) => void;
}

export function useReportPeriod(): ReportPeriod {
  const [search, setSearch] = useSearchParams();
  const presets = useListDescription("registrations").data?.presets ?? [];
  const preset = search.get("period");
  const from = search.get("from") ?? undefined;
  const to = search.get("to") ?? undefined;
  return {
    period: preset !== null ? { preset } : from || to ? { from, to } : {},
    presets,
    setPeriod: (next) =>
      setSearch(
        next.preset !== undefined
          ? { period: next.preset }
          : { ...(next.from ? { from: next.from } : {}), ...(next.to ? { to: next.to } : {}) },
      ),
  };
}

/** The dates of a period; those of a named one are the service's. */
export function datesOf({ period, presets }: ReportPeriod): Period {
  const preset = presets.find(({ code }) => code === period.preset);
  return preset ? { from: preset.date_from, to: preset.date_to } : period;
}
