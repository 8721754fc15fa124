/** Cells in the reader's format, by the type that the service gives for their column. */
import type { ReactNode } from "react";
import { Status } from "../ui/Status";
import type { Formats } from "../ui/titles";
import type { Column, Row } from "./api";

export function cellOf(row: Row, column: Column, formats: Formats): ReactNode {
  const value = row[column.name] ?? null;
  if (value === null || value === "") return <span className="quiet">—</span>;
  switch (column.type) {
    case "status":
      return <Status code={String(value)} />;
    case "kind":
      return formats.title("kind", String(value));
    case "instant":
      return formats.instant(String(value));
    case "number":
      return formats.count(Number(value));
    case "identifier":
      return <span className="identifier">{value}</span>;
    case "text":
      return value;
  }
}

/** Columns that people look at; the person's id is shown where it is the list's own identifier. */
export function shownColumns(columns: Column[], rowHas: (name: string) => boolean): Column[] {
  return columns.filter(
    (column) => column.name !== "person_id" || !(rowHas("customer_id") || rowHas("number")),
  );
}

/** The sort order after a press on the column: ascending first, then the other way. */
export function nextSort(column: string, sort: string): string {
  return sort === column ? `-${column}` : column;
}
