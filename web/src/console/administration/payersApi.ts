/** Payers: search, registration and decisions, each on the version that was read. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type Answer, type ApiProblem, answer, unwrap } from "@/api/problems";

export type PayerFound = components["schemas"]["PayerFound"];
export type Payer = components["schemas"]["PayerAnswer"];
export type PayerBody = components["schemas"]["PayerBody"];
export type PayerStatus = components["schemas"]["PayerStatus"];
export type SuspensionReason = components["schemas"]["SuspensionReason"];
export type ProposalRefusal = components["schemas"]["ProposalRefusal"];

export const STATUSES: PayerStatus[] = ["active", "proposed", "suspended", "refused"];
export const SUSPENSIONS: SuspensionReason[] = [
  "agreement_ended",
  "does_not_pay",
  "closed",
  "other",
];

export type PayerCommand =
  | { kind: "register"; body: PayerBody }
  | { kind: "change"; payerId: string; etag: string; body: PayerBody }
  | { kind: "accept"; payerId: string; etag: string; body: PayerBody }
  | { kind: "suspend"; payerId: string; etag: string; reason: SuspensionReason }
  | { kind: "reinstate"; payerId: string; etag: string }
  | {
      kind: "refuse";
      payerId: string;
      etag: string;
      reason: ProposalRefusal;
      sameAs: string | null;
    };

export function usePayers(status: PayerStatus | null, search: string) {
  return useQuery<PayerFound[], ApiProblem>({
    queryKey: ["payers", "list", status, search],
    queryFn: async () => {
      const found = await unwrap(
        onboarding.GET("/onboarding/v1/payers", {
          params: {
            query: {
              ...(search ? { q: search } : {}),
              ...(status ? { status: [status] } : {}),
              limit: 50,
            },
          },
        }),
      );
      return found.items;
    },
  });
}

/** Read when it is opened and not again, so that the version is that of what is edited. */
export function usePayer(payerId: string | null) {
  return useQuery<Answer<Payer>, ApiProblem>({
    queryKey: ["payer", payerId],
    enabled: payerId !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    queryFn: () =>
      answer(
        onboarding.GET("/onboarding/v1/payers/{payer_id}", {
          params: { path: { payer_id: payerId ?? "" } },
        }),
      ),
  });
}

export function useRefreshPayers(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["payers"] });
}

export function sendPayerCommand(command: PayerCommand, key: string): Promise<unknown> {
  if (command.kind === "register") {
    return unwrap(
      onboarding.POST("/onboarding/v1/payers", {
        params: { header: { "Idempotency-Key": key } },
        body: command.body,
      }),
    );
  }
  const params = {
    path: { payer_id: command.payerId },
    header: { "Idempotency-Key": key, "If-Match": command.etag },
  };
  switch (command.kind) {
    case "change":
      return unwrap(
        onboarding.PATCH("/onboarding/v1/payers/{payer_id}", { params, body: command.body }),
      );
    case "accept":
      return unwrap(
        onboarding.POST("/onboarding/v1/payers/{payer_id}/acceptance", {
          params,
          body: command.body,
        }),
      );
    case "suspend":
      return unwrap(
        onboarding.POST("/onboarding/v1/payers/{payer_id}/suspensions", {
          params,
          body: { reason_code: command.reason },
        }),
      );
    case "reinstate":
      return unwrap(onboarding.POST("/onboarding/v1/payers/{payer_id}/reinstatements", { params }));
    case "refuse":
      return unwrap(
        onboarding.POST("/onboarding/v1/payers/{payer_id}/refusal", {
          params,
          body: { reason_code: command.reason, same_as: command.sameAs },
        }),
      );
  }
}
