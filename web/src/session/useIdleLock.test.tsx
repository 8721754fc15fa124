import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

const signOut = vi.hoisted(() => vi.fn());
vi.mock("./session", () => ({ signOut }));

const MINUTE = 60_000;
let others: { onmessage: (() => void) | null }[] = [];

class Channel {
  onmessage: (() => void) | null = null;
  constructor() {
    others.push(this);
  }
  postMessage(): void {
    // No other tab.
  }
  close(): void {
    // Nothing to free.
  }
}

beforeEach(() => {
  others = [];
  signOut.mockClear();
  vi.useFakeTimers();
  vi.stubGlobal("BroadcastChannel", Channel);
});

afterEach(() => vi.useRealTimers());

async function idle(minutes: number | undefined): Promise<void> {
  const { useIdleLock } = await import("./useIdleLock");
  renderHook(() => useIdleLock(minutes));
}

it("locks after the time without a key", async () => {
  await idle(10);

  act(() => void vi.advanceTimersByTime(10 * MINUTE - 1));
  expect(signOut).not.toHaveBeenCalled();
  act(() => void vi.advanceTimersByTime(1));

  expect(signOut).toHaveBeenCalledExactlyOnceWith("locked");
});

it("counts from the last key, and from those of other tabs", async () => {
  await idle(10);

  vi.advanceTimersByTime(9 * MINUTE);
  window.dispatchEvent(new Event("keydown"));
  vi.advanceTimersByTime(9 * MINUTE);
  for (const tab of others) tab.onmessage?.();
  vi.advanceTimersByTime(9 * MINUTE);
  expect(signOut).not.toHaveBeenCalled();
  vi.advanceTimersByTime(MINUTE);

  expect(signOut).toHaveBeenCalled();
});

it("locks a computer that was asleep when it wakes up, and not after the key that woke it", async () => {
  await idle(10);

  vi.setSystemTime(Date.now() + 60 * MINUTE);
  window.dispatchEvent(new Event("keydown"));

  expect(signOut).toHaveBeenCalledWith("locked");
});

it("locks nothing before the minutes are known", async () => {
  await idle(undefined);

  vi.advanceTimersByTime(600 * MINUTE);

  expect(signOut).not.toHaveBeenCalled();
});
