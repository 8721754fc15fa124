/** Rows as cards, for narrow windows; the sort order is a drop-down. */
import { Select } from "antd";
import { useId } from "react";
import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { Status } from "../ui/Status";
import { useFormats } from "../ui/titles";
import type { ListDescription, Row } from "./api";
import { cellOf, shownColumns } from "./cells";
import { profileOf } from "./PeopleTable";

interface Props {
  rows: Row[];
  description: ListDescription;
  sort: string;
  onSort: (sort: string) => void;
}

export function PeopleCards({ rows, description, sort, onSort }: Props) {
  const { t } = useTranslation("console");
  const formats = useFormats();
  const id = useId();
  const columns = shownColumns(description.columns, (name) => name in (rows[0] ?? {})).filter(
    (column) => column.name !== "name" && column.name !== "status",
  );
  const orders = description.columns
    .filter((column) => column.sortable)
    .flatMap((column) => [
      { value: column.name, label: `${column.label} ↑` },
      { value: `-${column.name}`, label: `${column.label} ↓` },
    ]);

  return (
    <>
      <div className="field">
        <label className="field-label" htmlFor={id}>
          {t("list.order")}
        </label>
        <Select id={id} value={sort} options={orders} onChange={onSort} />
      </div>
      <ul className="cards">
        {rows.map((row) => (
          <li key={row.person_id} className="card">
            <div className="card-head">
              <Link to={profileOf(row)}>{row.name}</Link>
              <Status code={String(row.status)} />
            </div>
            <dl>
              {columns.map((column) => (
                <div key={column.name}>
                  <dt>{column.label}</dt>
                  <dd>{cellOf(row, column, formats)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}
