import {
  QueryClient,
  QueryClientProvider,
  useInfiniteQuery,
  useQueries,
} from "@tanstack/react-query";
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReadNotice as ConsoleReadNotice } from "@/console/ui/ReadNotice";
import { switchLanguage } from "@/i18n";
import { ReadNotice as RegistrationReadNotice } from "@/registration/layout/ReadNotice";
import { ApiProblem, networkProblem } from "./problems";
import { newQueryClient } from "./queryClient";

const NEVER = new Promise<never>(() => undefined);
const BROKEN = new ApiProblem(500, { title: "The service is broken", trace_id: "trace-7" });
const HIDDEN = new ApiProblem(404, { title: "There is no such person" });

/** What the service answers, by what is read; tests change it. */
let answers: Record<string, Promise<never> | ApiProblem | string> = {};
let calls: string[] = [];
let client = new QueryClient();

async function answerOf(name: string): Promise<string> {
  calls.push(name);
  const answer = await answers[name];
  if (typeof answer === "string") return answer;
  throw answer;
}

beforeEach(() => {
  answers = {};
  calls = [];
  client = newQueryClient();
});

afterEach(cleanup);

type ReadNotice = typeof ConsoleReadNotice;

interface PageProps {
  Notice: ReadNotice;
  names: string[];
  hasWaitingSign?: boolean;
}

function Page({ Notice, names, hasWaitingSign = true }: PageProps) {
  const reads = useQueries({
    queries: names.map((name) => ({ queryKey: [name], queryFn: () => answerOf(name) })),
  });
  return (
    <>
      <Notice reads={reads} hasWaitingSign={hasWaitingSign} />
      {reads.map((read, index) => (
        <p key={names[index]}>{read.data}</p>
      ))}
    </>
  );
}

/** The list whose first page is `one`, and whose second one is read with a button. */
function List({ Notice }: { Notice: ReadNotice }) {
  const read = useInfiniteQuery({
    queryKey: ["list"],
    initialPageParam: "first",
    queryFn: ({ pageParam }) => answerOf(pageParam),
    getNextPageParam: (page) => (page === "one" ? "second" : null),
  });
  return (
    <>
      <Notice reads={read} />
      <p>{read.data?.pages.join(", ")}</p>
      <button type="button" onClick={() => void read.fetchNextPage()}>
        More
      </button>
    </>
  );
}

describe.each([
  ["registration", RegistrationReadNotice],
  ["console", ConsoleReadNotice],
] as const)("the notice of reads in the %s", (area, Notice) => {
  beforeEach(() => switchLanguage("en", area));

  function show(page: React.ReactNode): void {
    render(<QueryClientProvider client={client}>{page}</QueryClientProvider>);
  }

  async function showRead(...names: string[]): Promise<void> {
    show(<Page Notice={Notice} names={names} />);
    for (const name of names) await screen.findByText(answers[name] as string);
  }

  async function retry(): Promise<void> {
    await userEvent.click(
      within(screen.getByRole("alert")).getByRole("button", { name: "Try again" }),
    );
  }

  async function expectNoNotice(): Promise<void> {
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
    expect(screen.queryByRole("status")).toBeNull();
  }

  it("says that a read is under way, unless the page does", async () => {
    answers = { person: NEVER, loans: "two loans" };
    show(<Page Notice={Notice} names={["person", "loans"]} />);
    expect((await screen.findByRole("status")).textContent).toBe("Loading");
    expect(screen.queryByRole("alert")).toBeNull();

    cleanup();
    show(<Page Notice={Notice} names={["person"]} hasWaitingSign={false} />);
    expect(screen.queryByRole("status")).toBeNull();
  });

  it("is empty once everything was read", async () => {
    answers = { person: "Ana", loans: "two loans" };
    await showRead("person", "loans");

    await expectNoNotice();
  });

  it("shows why there is no data, until a retry succeeds", async () => {
    answers = { person: networkProblem() };
    show(<Page Notice={Notice} names={["person"]} />);
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("The service cannot be reached");
    expect(screen.queryByRole("status")).toBeNull();

    answers = { person: "Ana" };
    await retry();
    await screen.findByText("Ana");
    await expectNoNotice();
  });

  it("says beside older data that it was not refreshed, until a retry succeeds", async () => {
    answers = { person: "Ana" };
    await showRead("person");
    answers = { person: networkProblem() };
    await client.invalidateQueries();
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("This could not be refreshed.");
    expect(notice.textContent).not.toContain("typed");
    screen.getByText("Ana");

    answers = { person: "Ana María" };
    await retry();
    await screen.findByText("Ana María");
    await expectNoNotice();
  });

  it("has the words of the service and the code for support below those of a refresh", async () => {
    answers = { person: "Ana" };
    await showRead("person");
    answers = { person: BROKEN };
    await client.invalidateQueries();

    const notice = await screen.findByRole("alert");
    within(notice).getByText(/This could not be refreshed/);
    within(notice).getByText("The service is broken");
    within(notice).getByText("Code for support: trace-7");
  });

  it("shows a refusal in place of the data that it hides", async () => {
    answers = { person: "Ana" };
    await showRead("person");
    answers = { person: HIDDEN };
    await client.invalidateQueries();

    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("There is no such person");
    expect(notice.textContent).not.toContain("refreshed");
    expect(screen.queryByText("Ana")).toBeNull();
  });

  it("is one for several reads, of the one without data, and repeats those that failed", async () => {
    answers = { person: "Ana", loans: "two loans", rules: BROKEN };
    show(<Page Notice={Notice} names={["person", "loans", "rules"]} />);
    await screen.findByRole("alert");
    answers = { ...answers, person: networkProblem() };
    await client.invalidateQueries();
    await waitFor(() => expect(calls).toHaveLength(6));
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("The service is broken");
    expect(notice.textContent).not.toContain("refreshed");

    calls = [];
    answers = { person: "Ana María", loans: "three loans", rules: "the rules" };
    await retry();
    await screen.findByText("Ana María");
    await screen.findByText("the rules");
    await expectNoNotice();
    expect(calls).toEqual(["person", "rules"]);
  });

  it("repeats the next page that could not be read", async () => {
    answers = { first: "one", second: networkProblem() };
    show(<List Notice={Notice} />);
    await screen.findByText("one");
    await userEvent.click(screen.getByRole("button", { name: "More" }));
    await screen.findByRole("alert");

    answers = { first: "one", second: "two" };
    await retry();
    await screen.findByText("one, two");
    await expectNoNotice();
    expect(calls).toEqual(["first", "second", "second"]);
  });
});
