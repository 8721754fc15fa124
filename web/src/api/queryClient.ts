/** How both entries ask the services, and how long they wait for one that is away. */
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problems";

const MAX_RETRIES = 5;
const MAX_DELAY_MS = 5_000;
/** Forbidden, not found, gone. */
const HIDDEN = [403, 404, 410];

/** Repeats idempotent calls of a service that lost a server: 17 seconds altogether. */
export const whileAway = {
  retry: (failures: number, error: unknown) =>
    asProblem(error).status >= 502 && failures < MAX_RETRIES,
  retryDelay: (failures: number) => Math.min(1_000 * 2 ** failures, MAX_DELAY_MS),
} as const;

export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      // A failed refresh leaves what is shown and typed, unless the service now hides the data.
      onError: (error, query) => {
        if (HIDDEN.includes(asProblem(error).status)) query.setState({ data: undefined });
      },
    }),
    defaultOptions: {
      // Without a network a call fails at once with words, it is not put off until there is one.
      mutations: { networkMode: "always" },
      queries: { networkMode: "always", staleTime: 5_000, ...whileAway },
    },
  });
}
