import { beforeEach, describe, expect, it, vi } from "vitest";

class Channel {
  onmessage: unknown = null;
  postMessage(): void {
    // No other tab.
  }
}

const SESSION = { access_token: "second", person_id: "0190", expires_in: 600 };
const calls: string[] = [];
let isEnded = false;

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

async function service(input: Request | string): Promise<Response> {
  const url = typeof input === "string" ? input : new URL(input.url).pathname;
  const token = typeof input === "string" ? null : input.headers.get("Authorization");
  calls.push(`${url} ${token}`);
  if (url.endsWith("/sessions/refresh")) return isEnded ? answer(401, {}) : answer(200, SESSION);
  return token === "Bearer second" ? answer(200, {}) : answer(401, {});
}

describe("calls with an outdated token", () => {
  beforeEach(() => {
    vi.resetModules();
    calls.length = 0;
    isEnded = false;
    vi.stubGlobal("BroadcastChannel", Channel);
    vi.stubGlobal("fetch", service);
    Object.defineProperty(navigator, "locks", {
      configurable: true,
      value: { request: (_: string, work: () => Promise<unknown>) => work() },
    });
  });

  it("share one refresh and are repeated", async () => {
    const { sessionFetch } = await import("./sessionFetch");
    const requests = Array.from({ length: 5 }, () => new Request("http://localhost/query/v1/x"));

    const answers = await Promise.all(requests.map(sessionFetch));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(calls.filter((call) => call.includes("refresh"))).toHaveLength(1);
  });

  it("repeat the same body", async () => {
    const { sessionFetch } = await import("./sessionFetch");
    const request = new Request("http://localhost/x", { method: "POST", body: '{"a":1}' });

    expect((await sessionFetch(request)).status).toBe(200);
  });

  it("end the session when it cannot be continued", async () => {
    const { sessionFetch } = await import("./sessionFetch");
    const { open, sessionState } = await import("./session");
    open({ access_token: "first", person_id: "0190" });
    isEnded = true;

    const response = await sessionFetch(new Request("http://localhost/query/v1/x"));

    expect(response.status).toBe(401);
    expect(sessionState()).toEqual({ status: "signed-out", reason: "expired" });
  });
});
