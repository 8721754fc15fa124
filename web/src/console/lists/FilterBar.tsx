/** Filters of a list; they apply together when *Search* is pressed. */
import { SearchOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "@/i18n";
import { Labelled } from "../ui/Labelled";
import { PeriodFilter } from "../ui/period/PeriodFilter";
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";
import type { ListDescription } from "./api";
import {
  CONCERNS,
  type Concern,
  type Filters,
  hasFilters,
  type ListName,
  NO_FILTERS,
} from "./listView";

interface Props {
  name: ListName;
  description: ListDescription;
  filters: Filters;
  onSearch: (filters: Filters) => void;
}

export function FilterBar({ name, description, filters, onSearch }: Props) {
  const { t } = useTranslation("console");
  const [draft, setDraft] = useState(filters);
  useEffect(() => setDraft(filters), [filters]);

  function change(part: Partial<Filters>): void {
    setDraft({ ...draft, ...part });
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    onSearch(draft);
  }

  const createdColumn = name === "registrations" ? "registered_at" : "created";
  const labelOf = (column: string) =>
    description.columns.find((each) => each.name === column)?.label ?? column;

  const isNarrow = useMediaQuery(NARROW);
  const [isOpen, setOpen] = useState(hasFilters(filters));
  if (isNarrow && !isOpen) {
    return (
      <Button block className="gap-below" onClick={() => setOpen(true)}>
        {t("list.filters")}
      </Button>
    );
  }
  return (
    <form className="filters" onSubmit={submit} aria-label={t("list.filters")}>
      <Labelled label={t("list.search")} className="field-wide">
        {(id) => (
          <Input
            id={id}
            type="search"
            value={draft.q}
            maxLength={200}
            allowClear
            placeholder={t(`list.searchHint.${name}`)}
            onChange={(event) => change({ q: event.target.value })}
          />
        )}
      </Labelled>
      {name === "customers" && (
        <Labelled label={labelOf("active_loans")}>
          {(id) => (
            <Select<"none" | "some" | "all">
              id={id}
              value={draft.activeLoans ?? "all"}
              onChange={(value) => change({ activeLoans: value === "all" ? null : value })}
              options={[
                { value: "all", label: t("list.all") },
                { value: "none", label: t("list.loans.none") },
                { value: "some", label: t("list.loans.some") },
              ]}
            />
          )}
        </Labelled>
      )}
      <PeriodFilter
        label={labelOf(createdColumn)}
        period={draft.created}
        presets={description.presets}
        onChange={(created) => change({ created })}
      />
      {name !== "registrations" && (
        <PeriodFilter
          label={labelOf("modified")}
          period={draft.modified}
          presets={description.presets}
          onChange={(modified) => change({ modified })}
        />
      )}
      <Labelled label={labelOf("status")}>
        {(id) => (
          <Select
            id={id}
            mode="multiple"
            showSearch={false}
            value={draft.status}
            placeholder={t("list.all")}
            onChange={(status) => change({ status })}
            options={description.statuses.map(({ code, title }) => ({ value: code, label: title }))}
          />
        )}
      </Labelled>
      <Labelled label={t("list.concern.label")}>
        {(id) => (
          <Select<Concern | "all">
            id={id}
            value={draft.concern ?? "all"}
            onChange={(value) => change({ concern: value === "all" ? null : value })}
            options={[
              { value: "all", label: t("list.all") },
              ...CONCERNS.map((value) => ({ value, label: t(`list.concern.${value}`) })),
            ]}
          />
        )}
      </Labelled>
      <div className="filter-actions">
        <Button type="primary" htmlType="submit" icon={<SearchOutlined aria-hidden />}>
          {t("list.submit")}
        </Button>
        {(hasFilters(draft) || hasFilters(filters)) && (
          <Button onClick={() => onSearch(NO_FILTERS)}>{t("list.clear")}</Button>
        )}
      </div>
    </form>
  );
}
