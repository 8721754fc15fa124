import { describe, expect, it } from "vitest";
import { parseTypedDate, typedDate } from "./typedDate";

describe("a typed date", () => {
  it.each([
    ["12/04/1985", "1985-04-12"],
    ["2/4/1985", "1985-04-02"],
    ["12-04-1985", "1985-04-12"],
    ["12.04.1985", "1985-04-12"],
    [" 12 04 1985 ", "1985-04-12"],
    ["12041985", "1985-04-12"],
    ["1985-04-12", "1985-04-12"],
    ["29/02/2000", "2000-02-29"],
  ])("%s is understood", (text, date) => {
    expect(parseTypedDate(text)).toBe(date);
  });

  it.each(["", "12/04", "12/04/85", "31/02/1985", "29/02/1999", "04/13/1985", "abril"])(
    "%s is no date",
    (text) => {
      expect(parseTypedDate(text)).toBeNull();
    },
  );

  it("is written with day, month and year", () => {
    expect(typedDate("1985-04-02")).toBe("02/04/1985");
  });
});
