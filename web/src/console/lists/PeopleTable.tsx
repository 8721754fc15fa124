/** Rows as a table: headings sort, every cell opens the profile, and so does the eye. */
import { CaretDownOutlined, CaretUpOutlined, EyeOutlined } from "@ant-design/icons";
import { Link, useNavigate } from "react-router";
import { useTranslation } from "@/i18n";
import { useFormats } from "../ui/titles";
import type { Column, ListDescription, Row } from "./api";
import { cellOf, nextSort, shownColumns } from "./cells";

interface Props {
  rows: Row[];
  description: ListDescription;
  sort: string;
  onSort: (sort: string) => void;
}

export function PeopleTable({ rows, description, sort, onSort }: Props) {
  const { t } = useTranslation("console");
  const formats = useFormats();
  const navigate = useNavigate();
  const columns = shownColumns(description.columns, (name) => name in (rows[0] ?? {}));

  function open(row: Row): void {
    // A selection of text is no click.
    if (window.getSelection()?.isCollapsed ?? true) void navigate(profileOf(row));
  }

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region needs the keyboard's focus
    <section className="table-scroll" aria-label={description.title} tabIndex={0}>
      <table className="people">
        <caption className="visually-hidden">{description.title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
            <th scope="col">{t("list.action")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.person_id} onClick={() => open(row)}>
              {columns.map((column) => (
                <td key={column.name} data-type={column.type}>
                  {column.name === "name" ? (
                    <Link to={profileOf(row)} onClick={(event) => event.stopPropagation()}>
                      {row.name}
                    </Link>
                  ) : (
                    cellOf(row, column, formats)
                  )}
                </td>
              ))}
              <td>
                <Link
                  className="eye"
                  to={profileOf(row)}
                  aria-label={t("list.open", { name: row.name ?? "" })}
                  onClick={(event) => event.stopPropagation()}
                >
                  <EyeOutlined aria-hidden />
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadingProps {
  column: Column;
  sort: string;
  onSort: (sort: string) => void;
}

function Heading({ column, sort, onSort }: HeadingProps) {
  if (!column.sortable) return <th scope="col">{column.label}</th>;
  const isAscending = sort === column.name;
  const isDescending = sort === `-${column.name}`;
  return (
    <th scope="col" aria-sort={isAscending ? "ascending" : isDescending ? "descending" : "none"}>
      <button type="button" onClick={() => onSort(nextSort(column.name, sort))}>
        {column.label}
        <span className="arrows" aria-hidden="true">
          <CaretUpOutlined className={isAscending ? "arrow-on" : ""} />
          <CaretDownOutlined className={isDescending ? "arrow-on" : ""} />
        </span>
      </button>
    </th>
  );
}

export function profileOf(row: Row): string {
  return `/people/${row.person_id}`;
}
