/** Dates as people in the region type them: day, month, year. */

const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const WITH_SEPARATORS = /^(\d{1,2})[\s/.-]+(\d{1,2})[\s/.-]+(\d{4})$/;
const DIGITS = /^(\d{2})(\d{2})(\d{4})$/;

/** The date as `YYYY-MM-DD`, or null if the text is no day of the calendar. */
export function parseTypedDate(text: string): string | null {
  const typed = text.trim();
  const iso = ISO.exec(typed);
  if (iso !== null) return calendarDay(iso[1], iso[2], iso[3]);
  const found = WITH_SEPARATORS.exec(typed) ?? DIGITS.exec(typed);
  return found === null ? null : calendarDay(found[3], found[2], found[1]);
}

/** `YYYY-MM-DD` as `DD/MM/YYYY`. */
export function typedDate(iso: string): string {
  const [year, month, day] = iso.split("-");
  return `${day}/${month}/${year}`;
}

function calendarDay(year = "", month = "", day = ""): string | null {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isReal ? `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` : null;
}
