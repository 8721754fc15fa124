/** One typed client per service; all send the session's token and the reader's language. */
import createClient from "openapi-fetch";
import { sessionFetch, tokenFetch } from "@/session/sessionFetch";
import type { paths as DocumentsPaths } from "./generated/documents";
import type { paths as NotificationsPaths } from "./generated/notifications";
import type { paths as OnboardingPaths } from "./generated/onboarding";
import type { paths as QueryPaths } from "./generated/query";
import type { paths as RegistryPaths } from "./generated/registry";

const options = {
  baseUrl: window.location.origin,
  fetch: sessionFetch,
  // Lists in queries are repeated parameters: ?status=pending&status=blocked
  querySerializer: { array: { style: "form", explode: true } },
} as const;

export const onboarding = createClient<OnboardingPaths>(options);
export const documents = createClient<DocumentsPaths>(options);
export const registry = createClient<RegistryPaths>(options);
export const notifications = createClient<NotificationsPaths>(options);
export const query = createClient<QueryPaths>(options);

/** The documents service with a token of its own, which is requested for every call. */
export function documentsWith(token: () => Promise<string>) {
  return createClient<DocumentsPaths>({ ...options, fetch: tokenFetch(token) });
}
