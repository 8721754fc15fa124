/** Up to three files that support a claim, sent with the token that the link of the mail gives. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { documentsWith, onboarding } from "@/api/clients";
import type { components } from "@/api/generated/documents";
import type { components as OnboardingComponents } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import type { MailLink } from "@/session/mailLink";
import { FileButton } from "../documents/FileButton";
import { UploadProgress } from "../documents/UploadProgress";
import { isBusy, type UploadTarget, useUpload } from "../documents/useUpload";
import { ReadNotice } from "../layout/ReadNotice";

type Files = components["schemas"]["ClaimFilesAnswer"];
type ClaimToken = OnboardingComponents["schemas"]["ClaimTokenAnswer"];

/** A token is valid for ten minutes. */
const TOKEN_KEPT_MILLISECONDS = 8 * 60_000;
const NOT_READY_RETRIES = 20;
const NOT_READY_DELAY_MILLISECONDS = 1_000;
const SCREENING_MILLISECONDS = 2_000;

/** The open claim of the link; refused with `document-claim-unknown` before it is opened. */
export function claimOf(link: MailLink) {
  return queryOptions<ClaimToken, ApiProblem>({
    queryKey: ["claim", link.id],
    queryFn: () =>
      unwrap(
        onboarding.POST("/onboarding/v1/document-claim-access-tokens", {
          body: { link_id: link.id, token: link.token },
        }),
      ),
    staleTime: TOKEN_KEPT_MILLISECONDS,
    retry: false,
  });
}

export function ClaimFiles({ link, claimId }: { link: MailLink; claimId: string }) {
  const queries = useQueryClient();
  const [target, read] = useMemo(
    () => claimTarget(queries, link, claimId),
    [queries, link, claimId],
  );
  const files = useQuery<Files, ApiProblem>({
    queryKey: target.queryKey,
    queryFn: read,
    retry: (count, problem) =>
      problem.type === "document-claim-not-ready" && count < NOT_READY_RETRIES,
    retryDelay: NOT_READY_DELAY_MILLISECONDS,
    refetchInterval: ({ state }) =>
      state.data?.items.some((file) => file.state === "received") && SCREENING_MILLISECONDS,
  });
  return (
    <>
      <ReadNotice reads={files} />
      {files.data && <Uploads files={files.data} target={target} />}
    </>
  );
}

function claimTarget(queries: QueryClient, link: MailLink, claimId: string) {
  const documents = documentsWith(
    async () => (await queries.fetchQuery(claimOf(link))).access_token,
  );
  const path = { claim_id: claimId };
  const target: UploadTarget = {
    queryKey: ["claim-files", claimId],
    announce: ({ media_type, size_bytes }, key, signal) =>
      unwrap(
        documents.POST("/documents/v1/claims/{claim_id}/uploads", {
          params: { path, header: { "Idempotency-Key": key } },
          body: { media_type, size_bytes },
          signal,
        }),
      ),
    complete: (uploadId, signal) =>
      unwrap(
        documents.POST("/documents/v1/claims/{claim_id}/uploads/{upload_id}/completion", {
          params: { path: { ...path, upload_id: uploadId } },
          signal,
        }),
      ),
    read: (uploadId, signal) =>
      unwrap(
        documents.GET("/documents/v1/claims/{claim_id}/uploads/{upload_id}", {
          params: { path: { ...path, upload_id: uploadId } },
          signal,
        }),
      ),
  };
  const read = () =>
    unwrap(documents.GET("/documents/v1/claims/{claim_id}/files", { params: { path } }));
  return [target, read] as const;
}

function Uploads({ files, target }: { files: Files; target: UploadTarget }) {
  const { t } = useTranslation("registration");
  const { state, upload, abort, retry } = useUpload(files.limits, target);
  const busy = isBusy(state);
  const accepted = files.items.filter((file) => file.state !== "failed").length;
  const title = t("claim.files.title");
  const send = (file: File) => void upload(file, "claim_file");
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <p>{t("claim.files.lead", { count: files.max_files })}</p>
      {files.items.length > 0 && (
        <ol>
          {files.items.map((file) => (
            <li key={file.file_id}>
              {file.state === "failed"
                ? t("documents.unusable", { reason: file.reason_in_words ?? "" })
                : t(file.state === "received" ? "claim.files.checking" : "claim.files.received")}
            </li>
          ))}
        </ol>
      )}
      <UploadProgress state={state} limits={files.limits} onAbort={abort} onRetry={retry} />
      {!busy && accepted < files.max_files && (
        <div className="actions">
          <FileButton
            text={t("documents.takePhoto")}
            about={title}
            accept="image/*"
            hasCamera
            onFile={send}
          />
          <FileButton
            text={t("documents.chooseFile")}
            about={title}
            accept={`${files.limits.media_types.join(",")},.pdf,.jpg,.jpeg,.png`}
            isQuiet
            onFile={send}
          />
        </div>
      )}
    </section>
  );
}
