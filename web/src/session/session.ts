/**
 * The session of this tab. The access token is kept in memory only; the refresh token is in a
 * cookie that scripts cannot read. Tabs of one browser share the cookie: one refreshes at a time,
 * and the others follow a sign-in or sign-out in one tab.
 */
import { ApiProblem, networkProblem } from "@/api/problems";
import { currentLanguage } from "@/i18n";

/** How a person, or the lock of an idle console, ends the session. */
type Departure = "signed-out" | "locked";

export type EndReason = Departure | "expired" | "unreachable";

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
/**
 * In the storage: the departure, until the next sign-in or until the service has ended a signed-out
 * session. A reload does not continue the session, it ends what could not be ended without a network.
 */
const DEPARTURE = "vinculo-departure";
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
  const departure = localStorage.getItem(DEPARTURE);
  if (departure === "signed-out" || departure === "locked") await signOut(departure);
  else await continueSession();
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
  localStorage.removeItem(DEPARTURE);
  accessToken = answer.access_token;
  enter({ status: "signed-in", subject: answer.person_id });
  announce({ kind: "signed-in", subject: answer.person_id });
}

/** End the session in all tabs, even if the service cannot be reached. */
export async function signOut(departure: Departure = "signed-out"): Promise<void> {
  const known = accessToken;
  localStorage.setItem(DEPARTURE, departure);
  close(departure);
  announce({ kind: "signed-out", reason: departure });
  const isEnded = await endSession(known).catch(() => false);
  if (isEnded && departure === "signed-out") localStorage.removeItem(DEPARTURE);
}

/** Whether no session is left. The cookie's token is used where none is known, or it expired. */
async function endSession(known: string | null): Promise<boolean> {
  if (known !== null && (await endSessionOf(known))) return true;
  // By now the cookie may be that of a new sign-in.
  if (state.status === "signed-in") return true;
  const token = await tokenOfCookie();
  return token === null || (await endSessionOf(token));
}

async function endSessionOf(token: string): Promise<boolean> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch("/onboarding/v1/sessions/current", { method: "DELETE", headers })).ok;
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
    if (!isEnd(error)) throw error;
    if (state.status === "signed-in") close("expired");
    return null;
  }
}

/** Null if the cookie has no session. Throws `ApiProblem` if the service is not reached. */
async function tokenOfCookie(): Promise<string | null> {
  try {
    const refresh = () => post("/onboarding/v1/sessions/refresh", undefined);
    return (await navigator.locks.request(LOCK, refresh)).access_token;
  } catch (error) {
    if (isEnd(error)) return null;
    throw error;
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
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
