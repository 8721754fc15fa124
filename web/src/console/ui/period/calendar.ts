/** Local dates as `YYYY-MM-DD`, and the weeks of a month; weeks begin on Monday. */

export type LocalDate = string;

export interface Period {
  /** A named period of the service; then the dates are only shown. */
  preset?: string | undefined;
  from?: LocalDate | undefined;
  to?: LocalDate | undefined;
}

const DAY = 86_400_000;

function at(date: LocalDate): Date {
  return new Date(`${date}T00:00:00Z`);
}

export function localDate(date: Date): LocalDate {
  return date.toISOString().slice(0, 10);
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return localDate(new Date(at(date).getTime() + days * DAY));
}

/** The same day of another month, or that month's last day. */
export function addMonths(date: LocalDate, months: number): LocalDate {
  const start = at(date);
  const moved = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0));
  moved.setUTCDate(Math.min(start.getUTCDate(), last.getUTCDate()));
  return localDate(moved);
}

/** The weeks that show the month of the date, each with its seven days. */
export function weeksOf(month: LocalDate): LocalDate[][] {
  const first = `${month.slice(0, 7)}-01`;
  const monday = addDays(first, -((at(first).getUTCDay() + 6) % 7));
  const weeks: LocalDate[][] = [];
  for (let start = monday; start <= addMonths(first, 1); start = addDays(start, 7)) {
    const week = Array.from({ length: 7 }, (_, day) => addDays(start, day));
    if (week.some((day) => day.startsWith(month.slice(0, 7)))) weeks.push(week);
  }
  return weeks;
}

/** The period after a click on a day: the first click begins it, the second ends it. */
export function withDay(period: Period, day: LocalDate): Period {
  const { preset, from, to } = period;
  if (preset !== undefined || from === undefined || to !== undefined) return { from: day };
  return day < from ? { from: day, to: from } : { from, to: day };
}

export function isSet({ preset, from, to }: Period): boolean {
  return preset !== undefined || from !== undefined || to !== undefined;
}
