import { describe, expect, it } from "vitest";
import { ApiProblem, networkProblem } from "./problems";
import { newQueryClient, whileAway } from "./queryClient";

describe("a call of a service that lost a server", () => {
  it.each([502, 503, 504])("is repeated after %d, five times", (status) => {
    const problem = new ApiProblem(status, {});

    expect([0, 4, 5].map((failures) => whileAway.retry(failures, problem))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("waits longer each time, up to five seconds", () => {
    expect([0, 1, 2, 3, 4].map(whileAway.retryDelay)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it("is not repeated after a refusal, a bug or without a network", () => {
    const problems = [new ApiProblem(409, {}), new ApiProblem(500, {}), networkProblem()];

    expect(problems.map((problem) => whileAway.retry(0, problem))).toEqual([false, false, false]);
  });
});

describe("a refresh that fails", () => {
  const queryKey = ["person"];

  async function shownAfter(problem: ApiProblem): Promise<unknown> {
    const client = newQueryClient();
    client.setQueryData(queryKey, "Ana");
    const queryFn = () => Promise.reject(problem);
    const refresh = client.fetchQuery({ queryKey, queryFn, staleTime: 0, retry: false });
    await expect(refresh).rejects.toBe(problem);
    return client.getQueryData(queryKey);
  }

  it.each([0, 429, 503])("leaves what is shown, with %d", async (status) => {
    expect(await shownAfter(new ApiProblem(status, {}))).toBe("Ana");
  });

  it.each([403, 404, 410])("hides what the service hides, with %d", async (status) => {
    expect(await shownAfter(new ApiProblem(status, {}))).toBeUndefined();
  });
});
