/** What changed in the profile since a moment, field by field, with the events that did it. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Select } from "antd";
import { useState } from "react";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { afterOwnWrites } from "@/api/position";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Labelled } from "../ui/Labelled";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import type { Profile } from "./api";

type ProfileChanges = components["schemas"]["ProfileChanges"];
type Change = components["schemas"]["ShownChange"];

const DAY = 86_400_000;
const PERIODS = { day: DAY, week: 7 * DAY, month: 30 * DAY, quarter: 90 * DAY, year: 365 * DAY };
type PeriodName = keyof typeof PERIODS;
const NAMES = Object.keys(PERIODS) as PeriodName[];
/** Versions and times of reports change with every event and tell nothing. */
const TECHNICAL = /(^|\.)(version|reported_at|age_days)$/;

export function Changes({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const [period, setPeriod] = useState<PeriodName>("week");
  const changes = useQuery<ProfileChanges, ApiProblem>({
    queryKey: ["changes", profile.person_id, period],
    queryFn: () =>
      unwrap(
        query.GET("/query/v1/people/{person_id}/changes", {
          params: {
            path: { person_id: profile.person_id },
            query: { from: startOf(period, profile), ...afterOwnWrites() },
          },
        }),
      ) as Promise<ProfileChanges>,
  });
  const shown = changes.data?.changes.filter(({ field }) => !TECHNICAL.test(field)) ?? [];

  return (
    <>
      <Labelled label={t("changes.since")} className="gap-below">
        {(id) => (
          <Select
            id={id}
            value={period}
            onChange={setPeriod}
            options={NAMES.map((value) => ({ value, label: t(`changes.period.${value}`) }))}
          />
        )}
      </Labelled>
      <ReadNotice reads={changes} />
      {changes.data && shown.length === 0 && <Alert type="info" title={t("changes.none")} />}
      <ol className="timeline">
        {changes.data?.events
          .map((event) => ({
            event,
            fields: shown.filter(({ events }) => events.at(-1) === event.event_id),
          }))
          .filter(({ fields }) => fields.length > 0)
          .map(({ event, fields }) => (
            <li key={event.event_id}>
              <p className="quiet">
                <time dateTime={event.at}>{instant(event.at)}</time>
              </p>
              <p>{event.words}</p>
              <Fields fields={fields} />
            </li>
          ))}
      </ol>
    </>
  );
}

function Fields({ fields }: { fields: Change[] }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  return (
    <details>
      <summary>{t("changes.fields", { count: fields.length })}</summary>
      <DataTable
        caption={t("profile.section.changes")}
        heads={[t("changes.field"), t("changes.before"), t("changes.after")]}
        rows={fields.map(({ field, before, after }) => ({
          key: field,
          cells: [
            <code key="field">{field.replace("customer_details.", "")}</code>,
            shownValue(before, instant),
            shownValue(after, instant),
          ],
        }))}
      />
    </details>
  );
}

/** The begin of the period, but not before the registration: then there was no profile. */
function startOf(period: PeriodName, profile: Profile): string {
  const start = new Date(Date.now() - PERIODS[period]).toISOString();
  const registered = profile.customer_details.status.registered_at;
  return registered !== null && registered > start ? registered : start;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

export function shownValue(value: unknown, instant: (text: string) => string): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "string") return INSTANT.test(value) ? instant(value) : value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
