/** Exports: requested for the rows that a list shows, followed until their file is there. */
import { useQuery } from "@tanstack/react-query";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { currentLanguage } from "@/i18n";
import { filterParameters, type ListName, type ListView } from "../lists/listView";
import { download } from "../ui/download";

export type ExportStatus = components["schemas"]["ExportStatus"];
export type Format = components["schemas"]["Format"];
type FilterParameters = components["schemas"]["FilterParameters"];

export const FORMATS: Format[] = ["csv", "xlsx", "pdf"];
const POLL_MILLISECONDS = 1_000;

export interface ExportOrder {
  list: ListName;
  format: Format;
  view: ListView;
  /** In the order of the file; none for all of the list. */
  columns: string[];
}

export function isRunning(state: ExportStatus["state"]): boolean {
  return state === "queued" || state === "running";
}

export function useExportRequest() {
  return useCommand<ExportOrder, { export_id: string }>(({ list, format, view, columns }, key) =>
    unwrap(
      query.POST("/query/v1/exports", {
        params: { header: { "Idempotency-Key": key } },
        body: {
          list,
          format,
          filters: filterParameters(view.filters) as FilterParameters,
          sort: view.sort,
          columns,
          locale: currentLanguage(),
        },
      }),
    ),
  );
}

export function useExportStatus(exportId: string) {
  return useQuery<ExportStatus, ApiProblem>({
    queryKey: ["export", exportId],
    queryFn: () => fetchStatus(exportId),
    // A failed first read is repeated by the person: polls would hide its error every second.
    refetchInterval: ({ state }) =>
      state.data && isRunning(state.data.state) ? POLL_MILLISECONDS : false,
  });
}

/** Cancels the export with this id. */
export function useCancelExport(onDone: () => unknown) {
  return useCommand<string, unknown>(
    (exportId) =>
      unwrap(
        query.DELETE("/query/v1/exports/{export_id}", {
          params: { path: { export_id: exportId } },
        }),
      ),
    async () => void (await onDone()),
  );
}

/** Saves the file of a finished export; each link works once, so a new one is requested. */
export function useSaveExport() {
  return useCommand<string, void>(async (exportId) => {
    const { download_url } = await fetchStatus(exportId);
    if (download_url !== undefined) download(download_url);
  });
}

function fetchStatus(exportId: string): Promise<ExportStatus> {
  return unwrap(
    query.GET("/query/v1/exports/{export_id}", { params: { path: { export_id: exportId } } }),
  );
}
