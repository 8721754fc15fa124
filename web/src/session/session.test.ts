import { beforeEach, describe, expect, it, vi } from "vitest";

class Channel {
  onmessage: unknown = null;
  postMessage(): void {
    // No other tab.
  }
}

const calls: string[] = [];
let isCut = false;
let hasSession = true;

function answer(status: number, body: unknown): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status });
}

/** The session of the cookie; access tokens other than `fresh` have expired. */
async function service(url: string, { headers, method }: RequestInit): Promise<Response> {
  if (isCut) throw new TypeError("cut");
  calls.push(`${method} ${url}`);
  if (url.endsWith("/refresh")) {
    return hasSession ? answer(200, { access_token: "fresh", person_id: "0190" }) : answer(401, {});
  }
  if (new Headers(headers).get("Authorization") !== "Bearer fresh") return answer(401, {});
  hasSession = false;
  return answer(204, {});
}

/** The page as it is loaded. */
function load() {
  vi.resetModules();
  return import("./session");
}

describe("a sign-out", () => {
  beforeEach(() => {
    localStorage.clear();
    calls.length = 0;
    isCut = false;
    hasSession = true;
    vi.stubGlobal("BroadcastChannel", Channel);
    vi.stubGlobal("fetch", service);
    Object.defineProperty(navigator, "locks", {
      configurable: true,
      value: { request: (_: string, work: () => Promise<unknown>) => work() },
    });
  });

  it("ends the session when the access token has expired", async () => {
    const { open, signOut } = await load();
    open({ access_token: "expired", person_id: "0190" });

    await signOut();

    expect(hasSession).toBe(false);
  });

  it("without a network is completed when the page is loaded again", async () => {
    const before = await load();
    before.open({ access_token: "fresh", person_id: "0190" });
    isCut = true;
    await before.signOut();
    expect(hasSession).toBe(true);

    isCut = false;
    const after = await load();
    await after.restoreSession();

    expect(after.sessionState()).toEqual({ status: "signed-out", reason: "signed-out" });
    expect(hasSession).toBe(false);
  });

  it("that is completed is not repeated by later visits", async () => {
    const { open, signOut } = await load();
    open({ access_token: "fresh", person_id: "0190" });
    await signOut();
    calls.length = 0;

    const later = await load();
    await later.restoreSession();

    expect(later.sessionState()).toEqual({ status: "signed-out", reason: null });
    expect(calls).toEqual(["POST /onboarding/v1/sessions/refresh"]);
  });

  it("by the idle lock outlasts reloads, until the next sign-in", async () => {
    const { open, signOut } = await load();
    open({ access_token: "fresh", person_id: "0190" });
    await signOut("locked");

    const later = await load();
    await later.restoreSession();
    expect(later.sessionState()).toEqual({ status: "signed-out", reason: "locked" });

    later.open({ access_token: "fresh", person_id: "0190" });
    hasSession = true;
    const again = await load();
    await again.restoreSession();
    expect(again.sessionState()).toEqual({ status: "signed-in", subject: "0190" });
  });
});
