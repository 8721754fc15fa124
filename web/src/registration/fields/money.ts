/** Amounts as people write them: "3.100.000", "$ 3,100,000.50", "3100000". */

const MARKS = /[\s$€]|[A-Za-z]{3}/g;
/** Millions are often set apart by an apostrophe: 3'100.000. */
const APOSTROPHE = /['’]/g;
const MAX_CENTS = 9_000_000_000_000_00;

/**
 * The amount in cents, or null if the text is no amount. One separator before exactly three digits
 * groups thousands, so "3.100" and "3,100" are three thousand one hundred.
 */
export function parseMoney(text: string): number | null {
  const plain = text.replace(MARKS, "").replace(APOSTROPHE, ".");
  const decimals = /[.,](\d{1,2})$/.exec(plain);
  const whole = decimals === null ? plain : plain.slice(0, decimals.index);
  if (!/^\d+$/.test(whole) && !isGrouped(whole)) return null;
  const cents =
    Number(whole.replace(/[.,]/g, "")) * 100 + Number((decimals?.[1] ?? "0").padEnd(2, "0"));
  return cents <= MAX_CENTS ? cents : null;
}

function isGrouped(whole: string): boolean {
  return /^\d{1,3}(\.\d{3})+$/.test(whole) || /^\d{1,3}(,\d{3})+$/.test(whole);
}

/** With the currency's sign, and cents only if there are any. */
export function formatMoney(cents: number, currency: string, language: string): string {
  return formatted(cents, language, { style: "currency", currency });
}

/** As it stands in a field: without the currency. */
export function formatAmount(cents: number, language: string): string {
  return formatted(cents, language, {});
}

function formatted(cents: number, language: string, options: Intl.NumberFormatOptions): string {
  const digits = cents % 100 === 0 ? 0 : 2;
  const format = new Intl.NumberFormat(localeOf(language), {
    ...options,
    currencyDisplay: "narrowSymbol",
    useGrouping: "always",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as Intl.NumberFormatOptions);
  return format.format(cents / 100);
}

function localeOf(language: string): string {
  return language === "es" ? "es-CO" : "en";
}
