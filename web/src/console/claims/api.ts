/** Claims to documents: the queue, one claim with its version, and the decision. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { documents, onboarding } from "@/api/clients";
import type { components as DocumentsComponents } from "@/api/generated/documents";
import type { components } from "@/api/generated/onboarding";
import { type Answer, type ApiProblem, answer, unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";

export type Claim = components["schemas"]["DocumentClaimAnswer"];
export type ClaimDetails = components["schemas"]["DocumentClaimDetailsAnswer"];
export type ClaimSide = components["schemas"]["ClaimSideAnswer"];
export type ClaimState = components["schemas"]["ClaimState"];
export type ClaimDecision = components["schemas"]["ClaimDecisionBody"];

export const STATES: ClaimState[] = ["open", "granted", "refused", "expired"];
export const REASONS: Record<ClaimDecision["decision"], ClaimDecision["reason"][]> = {
  grant: ["identity_proved", "other"],
  refuse: ["evidence_insufficient", "holder_confirmed", "fraud_suspected", "other"],
};

export function useClaims(state: ClaimState) {
  return useInfiniteQuery({
    queryKey: ["claims", "list", state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      unwrap(
        onboarding.GET("/onboarding/v1/document-claims", {
          params: {
            query: { state, limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function useClaim(claimId: string) {
  return useQuery<Answer<ClaimDetails>, ApiProblem>({
    queryKey: ["claims", "one", claimId],
    queryFn: () =>
      answer(
        onboarding.GET("/onboarding/v1/document-claims/{claim_id}", {
          params: { path: { claim_id: claimId } },
        }),
      ),
  });
}

export function useClaimDecision(claimId: string, onDone: () => void) {
  const queries = useQueryClient();
  return useCommand<{ body: ClaimDecision; etag: string }, Claim>(
    ({ body, etag }, key) =>
      unwrap(
        onboarding.POST("/onboarding/v1/document-claims/{claim_id}/decision", {
          params: {
            path: { claim_id: claimId },
            header: { "Idempotency-Key": key, "If-Match": etag },
          },
          body,
        }),
      ),
    async () => {
      await queries.invalidateQueries({ queryKey: ["claims"] });
      onDone();
    },
  );
}

export function useClaimFiles(claimId: string) {
  return useQuery<DocumentsComponents["schemas"]["ClaimFilesAnswer"], ApiProblem>({
    queryKey: ["claims", "files", claimId],
    queryFn: () =>
      unwrap(
        documents.GET("/documents/v1/claims/{claim_id}/files", {
          params: { path: { claim_id: claimId } },
        }),
      ),
  });
}

export async function claimFileLink(claimId: string, fileId: string): Promise<string> {
  const link = await unwrap(
    documents.POST("/documents/v1/claims/{claim_id}/files/{file_id}/download-links", {
      params: { path: { claim_id: claimId, file_id: fileId } },
    }),
  );
  return link.url;
}
