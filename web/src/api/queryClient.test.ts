import { describe, expect, it } from "vitest";
import { ApiProblem, networkProblem } from "./problems";
import { whileAway } from "./queryClient";

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
