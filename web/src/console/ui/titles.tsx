/** Titles of codes from the service, and formats in the reader's language and the local zone. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { query } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";

export interface Formats {
  zone: string | undefined;
  /** The title of a code, or the code itself while titles are unknown. */
  title: (kind: string, code: string | null | undefined) => string;
  instant: (value: string | null | undefined) => string;
  day: (value: string | null | undefined) => string;
  /** An amount in cents with its currency. */
  money: (cents: number | null | undefined, currency: string) => string;
  count: (value: number) => string;
}

export function useFormats(): Formats {
  const { language } = useTranslation("console");
  const { data } = useQuery({
    queryKey: ["titles"],
    queryFn: () => unwrap(query.GET("/query/v1/titles")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return useMemo(() => makeFormats(language, data?.time_zone, data?.titles), [language, data]);
}

export function makeFormats(
  language: string,
  zone: string | undefined,
  titles: Record<string, Record<string, string>> | undefined,
): Formats {
  const locale = language === "es" ? "es-CO" : "en-GB";
  const zoned = zone === undefined ? {} : { timeZone: zone };
  const instants = new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    ...zoned,
  });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const numbers = new Intl.NumberFormat(locale);
  return {
    zone,
    title: (kind, code) => (code ? capitalized(titles?.[kind]?.[code] ?? code) : "—"),
    instant: (value) => (value ? instants.format(new Date(value)) : "—"),
    day: (value) => (value ? days.format(new Date(`${value.slice(0, 10)}T00:00:00Z`)) : "—"),
    money: (cents, currency) =>
      cents === null || cents === undefined
        ? "—"
        : new Intl.NumberFormat(locale, {
            style: "currency",
            currency,
            maximumFractionDigits: cents % 100 === 0 ? 0 : 2,
          }).format(cents / 100),
    count: (value) => numbers.format(value),
  };
}

export function capitalized(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
