/** One list: total to date, filters, rows as a table or as cards, and paging both ways. */
import { Alert, Button, Select } from "antd";
import { useEffect } from "react";
import { NavLink } from "react-router";
import type { Read } from "@/api/reads";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { DownloadMenu } from "../exports/DownloadMenu";
import { PageTitle } from "../ui/PageTitle";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";
import { type ListDescription, type Page, useListDescription, usePage } from "./api";
import { ColumnChoice } from "./ColumnChoice";
import { FilterBar } from "./FilterBar";
import {
  hasFilters,
  type ListName,
  type ListView,
  NO_FILTERS,
  PAGE_SIZES,
  useListView,
} from "./listView";
import { PeopleCards } from "./PeopleCards";
import { PeopleTable } from "./PeopleTable";
import { chosenColumns, usePreferences } from "./savedViews";
import { ViewsMenu } from "./ViewsMenu";

export function ListPage({ name }: { name: ListName }) {
  const description = useListDescription(name);
  if (description.data === undefined) return <ReadNotice reads={description} />;
  return (
    <ListOf key={name} name={name} description={description.data} descriptionRead={description} />
  );
}

interface ListProps {
  name: ListName;
  description: ListDescription;
  descriptionRead: Read;
}

function ListOf({ name, description, descriptionRead }: ListProps) {
  const { t } = useTranslation("console");
  const may = useMay();
  const formats = useFormats();
  const [view, show] = useListView();
  const page = usePage(name, view);
  const preferencesRead = usePreferences(name);
  const preferences = preferencesRead.data?.data;
  const isCursorInvalid = page.error?.type === "cursor-invalid";
  const chosen = view.columns ?? preferences?.columns ?? [];
  const own = { ...description, columns: chosenColumns(description.columns, chosen) };

  useEffect(() => {
    // A cursor of another filter or of a restarted service is of no use: begin again.
    if (isCursorInvalid) show({ ...view, cursor: null });
  }, [isCursorInvalid, show, view]);

  return (
    <>
      <PageTitle title={description.title} />
      <SectionTabs name={name} />
      <header className="page-head">
        <h1>{description.title}</h1>
        <p className="total">
          {t("list.toDate")}{" "}
          <strong>{page.data ? formats.count(page.data.total_to_date) : "…"}</strong>
        </p>
        <div className="page-actions">
          {preferences && (
            <>
              <ViewsMenu
                name={name}
                view={view}
                columns={chosen}
                views={preferences.views}
                onShow={show}
              />
              <ColumnChoice
                name={name}
                columns={description.columns}
                chosen={chosen}
                onChosen={() => show({ ...view, columns: null })}
              />
            </>
          )}
          {may("exports_make") && (
            <DownloadMenu
              name={name}
              view={view}
              columns={chosen.length > 0 ? own.columns.map((column) => column.name) : []}
            />
          )}
        </div>
      </header>
      <FilterBar
        name={name}
        description={description}
        filters={view.filters}
        onSearch={(filters) => show({ ...view, filters, cursor: null })}
      />
      {!isCursorInvalid && <ReadNotice reads={[page, descriptionRead, preferencesRead]} />}
      {page.data && (
        <Rows
          page={page.data}
          description={own}
          view={view}
          isOld={page.isPlaceholderData}
          onShow={show}
        />
      )}
    </>
  );
}

interface RowsProps {
  page: Page;
  description: ListDescription;
  view: ListView;
  isOld: boolean;
  onShow: (view: ListView) => void;
}

function Rows({ page, description, view, isOld, onShow }: RowsProps) {
  const { t } = useTranslation("console");
  const isNarrow = useMediaQuery(NARROW);
  const sort = view.sort ?? description.default_sort;

  function sortBy(next: string): void {
    onShow({ ...view, sort: next === description.default_sort ? null : next, cursor: null });
  }

  return (
    <section aria-label={t("list.results")} aria-busy={isOld} className={isOld ? "is-old" : ""}>
      <Summary page={page} isFiltered={hasFilters(view.filters)} />
      {page.items.length === 0 ? (
        <Alert
          type="info"
          title={t("list.noMatch")}
          action={
            hasFilters(view.filters) && (
              <Button onClick={() => onShow({ ...view, filters: NO_FILTERS, cursor: null })}>
                {t("list.clear")}
              </Button>
            )
          }
        />
      ) : isNarrow ? (
        <PeopleCards rows={page.items} description={description} sort={sort} onSort={sortBy} />
      ) : (
        <PeopleTable rows={page.items} description={description} sort={sort} onSort={sortBy} />
      )}
      <Pager page={page} view={view} onShow={onShow} />
    </section>
  );
}

function Summary({ page, isFiltered }: { page: Page; isFiltered: boolean }) {
  const { t } = useTranslation("console");
  const { count, instant } = useFormats();
  const matching = `${page.total_is_capped ? t("list.moreThan") : ""}${count(page.total_matching)}`;
  return (
    <p className="summary" aria-live="polite">
      {isFiltered && <span>{t("list.matching", { count: matching })} · </span>}
      <span className="quiet">{t("list.asOf", { at: instant(page.as_of) })}</span>
    </p>
  );
}

interface PagerProps {
  page: Page;
  view: ListView;
  onShow: (view: ListView) => void;
}

function Pager({ page, view, onShow }: PagerProps) {
  const { t } = useTranslation("console");

  function turn(cursor: string | null): void {
    onShow({ ...view, cursor });
    window.scrollTo({ top: 0 });
  }

  return (
    <nav className="pager" aria-label={t("list.pages")}>
      <Button disabled={view.cursor === null} onClick={() => turn(null)}>
        {t("list.first")}
      </Button>
      <Button disabled={page.previous_cursor === null} onClick={() => turn(page.previous_cursor)}>
        {t("list.previous")}
      </Button>
      <Button disabled={page.next_cursor === null} onClick={() => turn(page.next_cursor)}>
        {t("list.next")}
      </Button>
      <Select
        aria-label={t("list.pageSize")}
        value={view.limit}
        options={PAGE_SIZES.map((size) => ({ value: size, label: t("list.perPage", { size }) }))}
        onChange={(limit) => onShow({ ...view, limit, cursor: null })}
      />
    </nav>
  );
}

/** The two sections at the top of *Customer Manager*. */
function SectionTabs({ name }: { name: ListName }) {
  const { t } = useTranslation("console");
  if (name === "registrations") return null;
  return (
    <nav className="section-tabs" aria-label={t("menu.customerManager")}>
      <NavLink to="/pre-customers">{t("menu.preCustomers")}</NavLink>
      <NavLink to="/customers">{t("menu.customers")}</NavLink>
    </nav>
  );
}
