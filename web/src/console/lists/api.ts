/** Pages and descriptions of the three lists. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { query } from "@/api/clients";
import type { components, paths } from "@/api/generated/query";
import { type ApiProblem, unwrap } from "@/api/problems";
import { filterParameters, type ListName, type ListView } from "./listView";

export type ListDescription = components["schemas"]["ListDescription"];
export type Column = components["schemas"]["ShownColumn"];
export type Row = Record<string, string | number | null>;

export interface Page {
  items: Row[];
  next_cursor: string | null;
  previous_cursor: string | null;
  total_to_date: number;
  total_matching: number;
  total_is_capped: boolean;
  as_of: string | null;
}

type Parameters = NonNullable<paths["/query/v1/customers"]["get"]["parameters"]["query"]>;

export function useListDescription(name: ListName) {
  return useQuery<ListDescription, ApiProblem>({
    queryKey: ["list", name],
    queryFn: () => unwrap(query.GET("/query/v1/lists/{name}", { params: { path: { name } } })),
    staleTime: 10 * 60_000,
  });
}

export function usePage(name: ListName, view: ListView) {
  return useQuery<Page, ApiProblem>({
    queryKey: ["page", name, { ...view, columns: null }],
    queryFn: () => fetchPage(name, view),
    placeholderData: keepPreviousData,
  });
}

async function fetchPage(name: ListName, view: ListView): Promise<Page> {
  const parameters: Parameters = {
    ...filterParameters(view.filters),
    limit: view.limit,
    ...(view.sort === null ? {} : { sort: view.sort }),
    ...(view.cursor === null ? {} : { cursor: view.cursor }),
  };
  const options = { params: { query: parameters } };
  switch (name) {
    case "pre-customers":
      return (await unwrap(query.GET("/query/v1/pre-customers", options))) as Page;
    case "customers":
      return (await unwrap(query.GET("/query/v1/customers", options))) as Page;
    case "registrations":
      return (await unwrap(query.GET("/query/v1/registrations", options))) as Page;
  }
}
