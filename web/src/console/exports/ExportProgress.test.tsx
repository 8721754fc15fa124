import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { query } from "@/api/clients";
import { newQueryClient } from "@/api/queryClient";
import { switchLanguage } from "@/i18n";
import { ExportProgress } from "./ExportProgress";

const AWAY = "the service is away";

/** What the service answers next; the last one again and again. */
let answers: (object | typeof AWAY)[] = [];
let reads = 0;

beforeEach(async () => {
  await switchLanguage("en", "console");
  vi.useFakeTimers();
  reads = 0;
  vi.spyOn(query, "GET").mockImplementation((async (path: string) => {
    if (!path.startsWith("/query/v1/exports/")) return { data: {}, response: new Response() };
    reads += 1;
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === AWAY) throw new TypeError(AWAY);
    return { data: answer, response: new Response() };
  }) as unknown as typeof query.GET);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function running(rows: number): object {
  return { export_id: "1", state: "running", rows, estimated_rows: 100 };
}

function show(): void {
  render(
    <QueryClientProvider client={newQueryClient()}>
      <ExportProgress exportId="1" />
    </QueryClientProvider>,
  );
}

const seconds = (number: number) => act(() => vi.advanceTimersByTimeAsync(1_000 * number));

describe("the progress of an export", () => {
  it("is read every second while the export runs", async () => {
    answers = [running(10), running(20), running(30)];
    show();
    await seconds(2.5);

    expect(reads).toBe(3);
    expect(screen.getByText(/30 rows/)).toBeTruthy();
  });

  it("is not read again after a failed first read, until a person repeats it", async () => {
    answers = [AWAY, running(10), running(20)];
    show();
    await seconds(5);
    expect(reads).toBe(1);
    expect(screen.getByText(/cannot be reached/)).toBeTruthy();

    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await seconds(1.5);
    expect(reads).toBe(3);
    expect(screen.getByText(/20 rows/)).toBeTruthy();
  });

  it("is read on after a failed refresh, beside what was read before", async () => {
    answers = [running(10), AWAY, running(30)];
    show();
    await seconds(1.5);
    expect(screen.getByText(/10 rows/)).toBeTruthy();
    await seconds(1);
    expect(screen.getByText(/30 rows/)).toBeTruthy();
  });
});
