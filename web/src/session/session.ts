/**
 * The session of this tab. The access token is kept in memory only; the refresh token is in a
 * cookie that scripts cannot read. Tabs of one browser share the cookie: one refreshes at a time,
 * and the others follow a sign-in or sign-out in one tab.
 */
import { ApiProblem, networkProblem } from "@/api/problems";
import { currentLanguage } from "@/i18n";

export type EndReason = "signed-out" | "expired" | "locked" | "unreachable";

export type SessionState =
  | { status: "starting" }
  | { status: "signed-in"; subject: string }
  | { status: "signed-out"; reason: EndReason | null };

export interface Credentials {
  email?: string;
  document_number?: string;
  document_type?: string;
  password: string;
}

interface SessionAnswer {
  access_token: string;
  person_id: string;
}

type TabMessage =
  | { kind: "signed-in"; subject: string }
  | { kind: "signed-out"; reason: EndReason };

const LOCK = "vinculo-refresh";
/** In the storage while this browser is locked, so that a reload does not continue the session. */
const LOCKED = "vinculo-locked";
const channel = new BroadcastChannel("vinculo-session");
const listeners = new Set<() => void>();

let state: SessionState = { status: "starting" };
let accessToken: string | null = null;
let refreshing: Promise<string | null> | null = null;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function sessionState(): SessionState {
  return state;
}

export function currentToken(): string | null {
  return accessToken;
}

/** Continue the session of the cookie, if there is one. */
export async function restoreSession(): Promise<void> {
  if (localStorage.getItem(LOCKED) !== null) return signOut("locked");
  await continueSession();
}

async function continueSession(): Promise<void> {
  let reason: EndReason | null = null;
  try {
    await refreshToken();
  } catch {
    reason = "unreachable";
  }
  if (state.status === "starting") enter({ status: "signed-out", reason });
}

/** Throws `ApiProblem`. */
export async function signIn(credentials: Credentials): Promise<void> {
  const body = { ...credentials, refresh: "cookie" };
  open(await post("/onboarding/v1/sessions", body));
}

/** Open the session that a response carries, such as that of an activation. */
export function open(answer: SessionAnswer): void {
  localStorage.removeItem(LOCKED);
  accessToken = answer.access_token;
  enter({ status: "signed-in", subject: answer.person_id });
  announce({ kind: "signed-in", subject: answer.person_id });
}

/** End the session in all tabs, even if the service cannot be reached. */
export async function signOut(reason: EndReason = "signed-out"): Promise<void> {
  const known = accessToken;
  if (reason === "locked") localStorage.setItem(LOCKED, "1");
  close(reason);
  announce({ kind: "signed-out", reason });
  const token = known ?? (await tokenOfCookie());
  if (token === null) return;
  const headers = { Authorization: `Bearer ${token}` };
  await fetch("/onboarding/v1/sessions/current", { method: "DELETE", headers }).catch(() => null);
}

/**
 * A new access token, or null if the session has ended. Concurrent callers share one refresh.
 * Throws `ApiProblem` if the service is not reached: then the session may still be alive.
 */
export function refreshToken(): Promise<string | null> {
  if (refreshing !== null) return refreshing;
  const refresh = refreshLocked().finally(() => {
    refreshing = null;
  });
  refreshing = refresh;
  return refresh;
}

async function refreshLocked(): Promise<string | null> {
  return await navigator.locks.request(LOCK, refreshOnce);
}

async function refreshOnce(): Promise<string | null> {
  try {
    const answer = await post("/onboarding/v1/sessions/refresh", undefined);
    accessToken = answer.access_token;
    if (state.status !== "signed-in" || state.subject !== answer.person_id) {
      enter({ status: "signed-in", subject: answer.person_id });
    }
    return accessToken;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    if (state.status === "signed-in") close("expired");
    return null;
  }
}

async function tokenOfCookie(): Promise<string | null> {
  try {
    const refresh = () => post("/onboarding/v1/sessions/refresh", undefined);
    return (await navigator.locks.request(LOCK, refresh)).access_token;
  } catch {
    return null;
  }
}

async function post(path: string, body: unknown): Promise<SessionAnswer> {
  const headers: Record<string, string> = { "Accept-Language": currentLanguage() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method: "POST",
    headers,
    credentials: "same-origin",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw networkProblem();
  });
  const content: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiProblem(response.status, content as object);
  return content as SessionAnswer;
}

function close(reason: EndReason): void {
  accessToken = null;
  enter({ status: "signed-out", reason });
}

function enter(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

function announce(message: TabMessage): void {
  channel.postMessage(message);
}

channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
  if (data.kind === "signed-out") {
    if (state.status === "signed-in") close(data.reason);
  } else if (state.status !== "signed-in" || state.subject !== data.subject) {
    accessToken = null;
    enter({ status: "starting" });
    // Not by the mark of the locked browser: storage may reach this tab later than the message.
    void continueSession();
  }
};
