import { describe, expect, it } from "vitest";
import { addressOf, filterParameters, type ListView, NO_FILTERS, viewOf } from "./listView";

const VIEW: ListView = {
  filters: {
    q: "ana 3001234567",
    status: ["pending", "blocked"],
    activeLoans: "some",
    blockedBy: "documents",
    concern: "disputed",
    created: { preset: "last_7_days" },
    modified: { from: "2026-03-01", to: "2026-03-05" },
  },
  sort: "-name",
  cursor: "sealed",
  limit: 100,
  columns: ["name", "status"],
};

describe("the address of a list", () => {
  it("restores the view together with the history entry", () => {
    const state = { q: VIEW.filters.q, cursor: VIEW.cursor };
    expect(viewOf(addressOf(VIEW), state)).toEqual(VIEW);
  });

  it("has no search text and no cursor, which are about people", () => {
    expect(addressOf(VIEW)).not.toContain("ana");
    expect(addressOf(VIEW)).not.toContain("sealed");
  });

  it("ignores page sizes, loans and concerns that the list does not offer", () => {
    const view = viewOf("limit=7000&active_loans=many&concern=other", null);
    const { activeLoans, concern } = view.filters;
    expect([view.limit, activeLoans, concern]).toEqual([50, null, null]);
  });
});

describe("the parameters of the service", () => {
  it("are those of the filters that are set", () => {
    expect(filterParameters(NO_FILTERS)).toEqual({});
    expect(filterParameters(VIEW.filters)).toEqual({
      q: "ana 3001234567",
      status: ["pending", "blocked"],
      active_loans: "some",
      blocked_by: "documents",
      concern: "disputed",
      created: "last_7_days",
      modified_from: "2026-03-01",
      modified_to: "2026-03-05",
    });
  });
});
