/** `fetch` with the session's token and language; after a 401 the token is refreshed once. */
import { notePosition } from "@/api/position";
import { currentLanguage } from "@/i18n";
import { currentToken, refreshToken } from "./session";

const UNAUTHENTICATED = 401;

export async function sessionFetch(request: Request): Promise<Response> {
  const repeat = request.clone();
  const response = await send(request, currentToken());
  if (response.status !== UNAUTHENTICATED) return response;
  const token = await refreshToken();
  return token === null ? response : send(repeat, token);
}

/** `fetch` with a token that is not the session's, such as that of a claim. */
export function tokenFetch(token: () => Promise<string>): (request: Request) => Promise<Response> {
  return async (request) => send(request, await token());
}

async function send(request: Request, token: string | null): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set("Accept-Language", currentLanguage());
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(new Request(request, { headers, credentials: "same-origin" }));
  if (response.ok) notePosition(response, request.method);
  return response;
}
