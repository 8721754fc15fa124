import { expect, test } from "vitest";
import type { Column } from "./api";
import { addressOf, viewOf } from "./listView";
import { chosenColumns, moved, savedViewOf, viewOfSaved, withView } from "./savedViews";

const columns = ["name", "status", "email"].map((name) => ({ name, label: name }) as Column);
const names = (chosen: string[]) => chosenColumns(columns, chosen).map(({ name }) => name);

test("a saved view shows the same rows again, without the search text", () => {
  const address =
    "status=blocked&status=disabled&active_loans=none&created=this_month&modified_from=2026-01-02&sort=-name";
  const view = viewOf(address, { q: "Rojas", cursor: "abc" });

  const saved = savedViewOf(" Bloqueados ", view, ["name"]);

  expect(saved.name).toBe("Bloqueados");
  expect(JSON.stringify(saved)).not.toContain("Rojas");
  expect(viewOfSaved(saved)).toEqual({
    ...view,
    filters: { ...view.filters, q: "" },
    cursor: null,
    columns: ["name"],
  });
  expect(addressOf(viewOfSaved(saved))).toBe(`${address}&columns=name`);
});

test("a view of the same name is replaced at its place", () => {
  const [a, b] = ["a", "b"].map((name) => ({ name, filters: {}, sort: null, columns: [] }));
  const changed = { name: "a", filters: {}, sort: "-name", columns: [] };

  expect(withView([a, b] as never, changed)).toEqual([changed, b]);
  expect(withView([b] as never, changed)).toEqual([b, changed]);
});

test("columns are shown in the chosen order, and all of them when none are left", () => {
  expect(names(["email", "name"])).toEqual(["email", "name"]);
  expect(names(["email", "removed"])).toEqual(["email"]);
  expect(names([])).toEqual(["name", "status", "email"]);
  expect(names(["removed"])).toEqual(["name", "status", "email"]);
});

test("an entry is moved by one place and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});
