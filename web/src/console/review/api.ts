/** The review queue and the decisions on documents. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { documents } from "@/api/clients";
import type { components } from "@/api/generated/documents";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";

export type WaitingDossier = components["schemas"]["WaitingDossierAnswer"];
export type RejectionReason = components["schemas"]["RejectionReason"];

export const REJECTION_REASONS: RejectionReason[] = [
  "illegible",
  "wrong_document",
  "expired",
  "incomplete",
  "other",
];

export function useReviewQueue() {
  return useInfiniteQuery({
    queryKey: ["review-queue"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      unwrap(
        documents.GET("/documents/v1/review-queue", {
          params: { query: { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The dossier after this one in the queue; the first one if this one has left it. */
export function followingDossier(
  queue: WaitingDossier[],
  personId: string,
): WaitingDossier | undefined {
  return queue[queue.findIndex(({ person_id }) => person_id === personId) + 1];
}

export interface Decision {
  documentId: string;
  etag: string;
  rejection: { reason: RejectionReason; note: string } | null;
}

export function useDecision(onDone: () => Promise<void>) {
  return useCommand<Decision, unknown>(({ documentId, etag, rejection }, key) => {
    const params = {
      path: { document_id: documentId },
      header: { "Idempotency-Key": key, "If-Match": etag },
    };
    return rejection === null
      ? unwrap(documents.POST("/documents/v1/documents/{document_id}/acceptance", { params }))
      : unwrap(
          documents.POST("/documents/v1/documents/{document_id}/rejection", {
            params,
            body: { reason_code: rejection.reason, note: rejection.note.trim() || null },
          }),
        );
  }, onDone);
}
