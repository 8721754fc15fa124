/** What the profile of a person reads: read model, registry, dossier and timeline. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { documents, query, registry } from "@/api/clients";
import type { components as DocumentsSchemas } from "@/api/generated/documents";
import type { components as QuerySchemas } from "@/api/generated/query";
import type { components as RegistrySchemas } from "@/api/generated/registry";
import { afterOwnWrites } from "@/api/position";
import { type Answer, type ApiProblem, answer, unwrap } from "@/api/problems";

export type Profile = QuerySchemas["schemas"]["CurrentProfile"];
export type Loan = QuerySchemas["schemas"]["LoanReport"];
export type Category = QuerySchemas["schemas"]["Category"];
export type TimelineEntry = QuerySchemas["schemas"]["ShownEntry"];
export type Requirements = RegistrySchemas["schemas"]["RequirementsAnswer"];
export type RegistryRecord = RegistrySchemas["schemas"]["PersonAnswer"];
export type StatusHistory = RegistrySchemas["schemas"]["StatusHistoryAnswer"];
export type Dossier = DocumentsSchemas["schemas"]["PersonDossierAnswer"];
export type DossierDocument = DocumentsSchemas["schemas"]["DocumentAnswer"];

export function useProfile(personId: string) {
  return useQuery<Profile, ApiProblem>({
    queryKey: ["profile", personId],
    queryFn: () =>
      unwrap(
        query.GET("/query/v1/people/{person_id}", {
          params: { path: { person_id: personId }, query: afterOwnWrites() },
        }),
      ) as Promise<Profile>,
  });
}

/** The record as the registry decides on it, with the version that a change is based on. */
export function useRegistryRecord(personId: string) {
  return useQuery<Answer<RegistryRecord>, ApiProblem>({
    queryKey: ["record", personId],
    queryFn: () =>
      answer(
        registry.GET("/registry/v1/people/{person_id}", {
          params: { path: { person_id: personId } },
        }),
      ),
  });
}

export function useRequirements(personId: string) {
  return useQuery<Requirements, ApiProblem>({
    queryKey: ["requirements", personId],
    queryFn: () =>
      unwrap(
        registry.GET("/registry/v1/people/{person_id}/requirements", {
          params: { path: { person_id: personId } },
        }),
      ),
  });
}

/** Changes of status with reasons and notes, the newest first. */
export function useStatusHistory(personId: string) {
  return useQuery<StatusHistory["items"], ApiProblem>({
    queryKey: ["status-history", personId],
    queryFn: async () => {
      const history = await unwrap(
        registry.GET("/registry/v1/people/{person_id}/status-changes", {
          params: { path: { person_id: personId } },
        }),
      );
      return history.items;
    },
  });
}

export function useDossier(personId: string) {
  return useQuery<Answer<Dossier>, ApiProblem>({
    queryKey: ["dossier", personId],
    queryFn: () =>
      answer(
        documents.GET("/documents/v1/people/{person_id}/dossier", {
          params: { path: { person_id: personId } },
        }),
      ),
  });
}

export function useTimeline(personId: string, categories: Category[]) {
  return useInfiniteQuery({
    queryKey: ["timeline", personId, categories],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      unwrap(
        query.GET("/query/v1/people/{person_id}/timeline", {
          params: {
            path: { person_id: personId },
            query: {
              category: categories,
              limit: 50,
              ...(pageParam === null ? {} : { cursor: pageParam }),
              ...afterOwnWrites(),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Read everything about the person again, after a change. */
export function useRefreshPerson(personId: string): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey.includes(personId) || queryKey[0] === "page",
    });
  };
}

/** A link to a file, valid for a short time; each link is recorded. */
export async function downloadLink(documentId: string): Promise<string> {
  const link = await unwrap(
    documents.POST("/documents/v1/documents/{document_id}/download-links", {
      params: { path: { document_id: documentId } },
    }),
  );
  return link.url;
}

export interface Preview {
  picture: Blob;
  pageCount: number;
}

/** One page of a document as a picture, counted from 1; each one is recorded. */
export async function documentPreview(documentId: string, page: number): Promise<Preview> {
  let pageCount = 1;
  const picture = await unwrap(
    documents
      .GET("/documents/v1/documents/{document_id}/preview", {
        params: { path: { document_id: documentId }, query: { page } },
        parseAs: "blob",
      })
      .then((result) => {
        pageCount = Number(result.response.headers.get("vinculo-page-count") ?? 1);
        return result;
      }),
  );
  return { picture: picture as unknown as Blob, pageCount };
}
