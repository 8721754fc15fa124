/** How both entries ask the services. */
import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problems";

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Without a network a call fails at once with words, it is not put off until there is one.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        retry: (failures, error) => asProblem(error).status >= 502 && failures < 2,
        staleTime: 5_000,
      },
    },
  });
}
