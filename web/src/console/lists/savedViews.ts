/** Saved views and chosen columns, which the service keeps for each member of staff. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { type Answer, type ApiProblem, answer } from "@/api/problems";
import type { Column } from "./api";
import {
  DEFAULT_PAGE_SIZE,
  filterParameters,
  type ListName,
  type ListView,
  viewOf,
} from "./listView";

export type Preferences = components["schemas"]["ShownPreferences"];
export type SavedView = components["schemas"]["ShownView"];

export const MAX_VIEW_NAME = 60;

const keyOf = (name: ListName) => ["list-preferences", name];

export function usePreferences(name: ListName) {
  return useQuery<Answer<Preferences>, ApiProblem>({
    queryKey: keyOf(name),
    queryFn: () =>
      answer(query.GET("/query/v1/lists/{name}/preferences", { params: { path: { name } } })),
    staleTime: 10 * 60_000,
  });
}

/** Changes what is stored now: a change in another tab is read again first, and not overwritten. */
export function useChangePreferences(name: ListName) {
  const queries = useQueryClient();
  const queryKey = keyOf(name);
  return useMutation<Answer<Preferences>, ApiProblem, (before: Preferences) => Preferences>({
    mutationFn: async (change) => {
      const path = { name };
      const stored = await answer(
        query.GET("/query/v1/lists/{name}/preferences", { params: { path } }),
      );
      return await answer(
        query.PUT("/query/v1/lists/{name}/preferences", {
          params: { path, header: { "If-Match": stored.etag ?? "" } },
          body: change(stored.data),
        }),
      );
    },
    onSuccess: (saved) => queries.setQueryData(queryKey, saved),
  });
}

/** The view under a name. The search text is about people and not kept. */
export function savedViewOf(name: string, view: ListView, columns: string[]): SavedView {
  const { q: _, ...filters } = filterParameters(view.filters);
  return { name: name.trim(), filters, sort: view.sort, columns };
}

export function viewOfSaved({ filters, sort, columns }: SavedView): ListView {
  const address = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    for (const each of [value].flat()) address.append(name, String(each));
  }
  const view = viewOf(address.toString(), null);
  return { ...view, sort, columns: columns.length > 0 ? columns : null, limit: DEFAULT_PAGE_SIZE };
}

/** The views with this one; one of the same name is replaced at its place. */
export function withView(views: SavedView[], view: SavedView): SavedView[] {
  const isNew = !views.some(({ name }) => name === view.name);
  return isNew ? [...views, view] : views.map((each) => (each.name === view.name ? view : each));
}

/** The columns that are shown, in the chosen order; all of them when none are chosen. */
export function chosenColumns(columns: Column[], chosen: string[]): Column[] {
  const found = chosen.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  return found.length > 0 ? found : columns;
}

/** The list with one entry moved up (-1) or down (1). */
export function moved<Entry>(entries: Entry[], index: number, by: -1 | 1): Entry[] {
  const target = index + by;
  if (target < 0 || target >= entries.length) return entries;
  const others = entries.filter((_, each) => each !== index);
  const entry = entries[index] as Entry;
  return [...others.slice(0, target), entry, ...others.slice(target)];
}
