/**
 * The state of a list: filters and sort order are in the address, so that it can be kept and sent
 * on. The search text and the cursor are not, because they are about people: they are in the
 * history entry, which survives a reload of the tab.
 */
import { useCallback, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { isSet, type Period } from "../ui/period/calendar";

export type ListName = "pre-customers" | "customers" | "registrations";

export const CONCERNS = ["disputed", "contested", "undeliverable"] as const;
export type Concern = (typeof CONCERNS)[number];

export interface Filters {
  q: string;
  status: string[];
  activeLoans: "none" | "some" | null;
  blockedBy: string | null;
  concern: Concern | null;
  created: Period;
  modified: Period;
}

export interface ListView {
  filters: Filters;
  sort: string | null;
  cursor: string | null;
  limit: number;
  /** Those of a saved view; null for the reader's own choice. */
  columns: string[] | null;
}

export const PAGE_SIZES = [25, 50, 100, 200];
export const DEFAULT_PAGE_SIZE = 50;
export const NO_FILTERS: Filters = {
  q: "",
  status: [],
  activeLoans: null,
  blockedBy: null,
  concern: null,
  created: {},
  modified: {},
};

interface HistoryState {
  q?: string;
  cursor?: string | null;
}

export function viewOf(search: string, state: HistoryState | null): ListView {
  const address = new URLSearchParams(search);
  const loans = address.get("active_loans");
  const limit = Number(address.get("limit"));
  return {
    filters: {
      q: state?.q ?? "",
      status: address.getAll("status"),
      activeLoans: loans === "none" || loans === "some" ? loans : null,
      blockedBy: address.get("blocked_by"),
      concern: CONCERNS.find((each) => each === address.get("concern")) ?? null,
      created: periodOf(address, "created"),
      modified: periodOf(address, "modified"),
    },
    sort: address.get("sort"),
    cursor: state?.cursor ?? null,
    limit: PAGE_SIZES.includes(limit) ? limit : DEFAULT_PAGE_SIZE,
    columns: address.get("columns")?.split(",") ?? null,
  };
}

export function addressOf({ filters, sort, limit, columns }: ListView): string {
  const address = new URLSearchParams();
  for (const status of filters.status) address.append("status", status);
  if (filters.activeLoans !== null) address.set("active_loans", filters.activeLoans);
  if (filters.blockedBy !== null) address.set("blocked_by", filters.blockedBy);
  if (filters.concern !== null) address.set("concern", filters.concern);
  for (const name of ["created", "modified"] as const) {
    for (const [key, value] of Object.entries(periodParameters(name, filters[name]))) {
      address.set(key, value);
    }
  }
  if (sort !== null) address.set("sort", sort);
  if (limit !== DEFAULT_PAGE_SIZE) address.set("limit", String(limit));
  if (columns !== null) address.set("columns", columns.join(","));
  return address.toString();
}

/** The filters as parameters of the service. */
export function filterParameters(filters: Filters): Record<string, string | string[]> {
  return {
    ...(filters.q.trim() === "" ? {} : { q: filters.q.trim() }),
    ...(filters.status.length === 0 ? {} : { status: filters.status }),
    ...(filters.activeLoans === null ? {} : { active_loans: filters.activeLoans }),
    ...(filters.blockedBy === null ? {} : { blocked_by: filters.blockedBy }),
    ...(filters.concern === null ? {} : { concern: filters.concern }),
    ...periodParameters("created", filters.created),
    ...periodParameters("modified", filters.modified),
  };
}

export function hasFilters(filters: Filters): boolean {
  return Object.keys(filterParameters(filters)).length > 0;
}

export function useListView(): [ListView, (view: ListView) => void] {
  const location = useLocation();
  const navigate = useNavigate();
  const view = useMemo(
    () => viewOf(location.search, location.state as HistoryState | null),
    [location.search, location.state],
  );
  const show = useCallback(
    (next: ListView) => {
      const state: HistoryState = { q: next.filters.q, cursor: next.cursor };
      void navigate({ search: addressOf(next) }, { state });
    },
    [navigate],
  );
  return [view, show];
}

function periodOf(address: URLSearchParams, name: string): Period {
  const preset = address.get(name);
  if (preset !== null) return { preset };
  const from = address.get(`${name}_from`) ?? undefined;
  const to = address.get(`${name}_to`) ?? undefined;
  return from === undefined && to === undefined ? {} : { from, to };
}

function periodParameters(name: string, period: Period): Record<string, string> {
  if (!isSet(period)) return {};
  if (period.preset !== undefined) return { [name]: period.preset };
  return {
    ...(period.from === undefined ? {} : { [`${name}_from`]: period.from }),
    ...(period.to === undefined ? {} : { [`${name}_to`]: period.to }),
  };
}
