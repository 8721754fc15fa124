/** How reads stand: under way, failed, or failed while what was read before is still shown. */
import { type ApiProblem, asProblem } from "./problems";

/** The result of a query, or of one by pages. */
export interface Read {
  data: unknown;
  error: unknown;
  isPending: boolean;
  refetch: () => Promise<unknown>;
  isFetchNextPageError?: boolean;
  fetchNextPage?: () => Promise<unknown>;
}

export interface ReadState {
  isPending: boolean;
  /** Of a read without data, if there is one. */
  problem: ApiProblem | null;
  /** Only refreshes failed. */
  isRefresh: boolean;
  /** Repeats all that failed. */
  retry: () => void;
}

export function stateOfReads(reads: Read | readonly Read[]): ReadState {
  const all: readonly Read[] = [reads].flat();
  const failed = all.filter(({ error }) => error !== null);
  const missing = failed.find(({ data }) => data === undefined);
  const shown = missing ?? failed[0];
  return {
    isPending: all.some(({ isPending }) => isPending),
    problem: shown === undefined ? null : asProblem(shown.error),
    isRefresh: missing === undefined,
    retry: () => {
      for (const read of failed) void repeat(read);
    },
  };
}

function repeat({ isFetchNextPageError, fetchNextPage, refetch }: Read): Promise<unknown> {
  return isFetchNextPageError && fetchNextPage ? fetchNextPage() : refetch();
}
