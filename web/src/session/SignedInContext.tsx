/** Who is signed in and what they may do, for everything below a guarded part of the page. */
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { type SessionState, sessionState, subscribe } from "./session";

export type SignedIn = components["schemas"]["SignedIn"];
export type Permission = components["schemas"]["Permission"];

const SignedInContext = createContext<SignedIn | null>(null);

export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, sessionState);
}

/** The caller as the service knows them; read again for another subject. */
export function useSignedInQuery(subject: string) {
  return useQuery<SignedIn, ApiProblem>({
    queryKey: ["me", subject],
    queryFn: () => unwrap(onboarding.GET("/onboarding/v1/me")),
    staleTime: 5 * 60_000,
  });
}

export function SignedInProvider({ me, children }: { me: SignedIn; children: ReactNode }) {
  return <SignedInContext value={me}>{children}</SignedInContext>;
}

export function useSignedIn(): SignedIn {
  const me = useContext(SignedInContext);
  if (me === null) throw new Error("this page needs a signed-in caller");
  return me;
}

export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSignedIn();
  return (permission) => permissions.includes(permission);
}
