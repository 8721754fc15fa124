import { describe, expect, it } from "vitest";
import { addMonths, weeksOf, withDay } from "./calendar";

describe("weeks of a month", () => {
  it("begin on Monday and cover the month", () => {
    const weeks = weeksOf("2026-02-15");
    expect(weeks[0]?.[0]).toBe("2026-01-26");
    expect(weeks.at(-1)?.[6]).toBe("2026-03-01");
    expect(weeks).toHaveLength(5);
  });

  it("are six when the month needs them", () => {
    expect(weeksOf("2026-08-01")).toHaveLength(6);
  });
});

describe("a month later", () => {
  it("ends on the last day of a shorter month", () => {
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
  });
});

describe("clicks on days", () => {
  it("begin and end a period, in either order", () => {
    expect(withDay({}, "2026-03-05")).toEqual({ from: "2026-03-05" });
    expect(withDay({ from: "2026-03-05" }, "2026-03-01")).toEqual({
      from: "2026-03-01",
      to: "2026-03-05",
    });
  });

  it("begin a new period after a whole one or a preset", () => {
    expect(withDay({ from: "2026-03-01", to: "2026-03-05" }, "2026-03-09")).toEqual({
      from: "2026-03-09",
    });
    expect(
      withDay({ preset: "today", from: "2026-03-01", to: "2026-03-01" }, "2026-03-09"),
    ).toEqual({ from: "2026-03-09" });
  });
});
