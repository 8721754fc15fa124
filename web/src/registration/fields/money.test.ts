import { describe, expect, it } from "vitest";
import { formatAmount, formatMoney, parseMoney } from "./money";

describe("an amount", () => {
  it.each([
    ["3100000", 310_000_000],
    ["3.100.000", 310_000_000],
    ["3,100,000", 310_000_000],
    ["$ 3.100.000", 310_000_000],
    ["3 100 000", 310_000_000],
    ["3'100.000", 310_000_000],
    ["COP 3.100.000,50", 310_000_050],
    ["3,100,000.5", 310_000_050],
    ["3.100", 310_000],
    ["1234,5", 123_450],
    ["0", 0],
  ])("%s is understood", (text, cents) => {
    expect(parseMoney(text)).toBe(cents);
  });

  it.each(["", "mucho", "-5", "3.10.000", "3.100,000.5", "1.2.3", "9".repeat(20)])(
    "%s is none",
    (text) => {
      expect(parseMoney(text)).toBeNull();
    },
  );

  it("is written as the reader writes it, and read back", () => {
    expect(formatAmount(310_000_000, "es")).toBe("3.100.000");
    expect(formatAmount(310_000_050, "en")).toBe("3,100,000.50");
    expect(formatMoney(310_000_000, "COP", "es").replace(/\s/g, " ")).toBe("$ 3.100.000");
    for (const language of ["es", "en"]) {
      expect(parseMoney(formatAmount(123_456_789, language))).toBe(123_456_789);
      expect(parseMoney(formatAmount(100_000, language))).toBe(100_000);
    }
  });
});
