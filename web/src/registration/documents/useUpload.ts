/** One upload: prepared, sent with progress, screened; abortable, and repeatable after a failure. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { documents } from "@/api/clients";
import { type ApiProblem, asProblem, unwrap } from "@/api/problems";
import { prepareFile, type Refusal, type UploadLimits } from "./prepareFile";
import { sendFile } from "./sendFile";

type MediaType = "application/pdf" | "image/jpeg" | "image/png";

export type UploadState =
  | { phase: "idle" }
  | { phase: "preparing" }
  | { phase: "sending"; part: number }
  | { phase: "checking" }
  | { phase: "refused"; refusal: Refusal }
  /** The service looked into the file and cannot take it; the dossier tells why. */
  | { phase: "unusable" }
  | { phase: "failed"; problem: ApiProblem };

export function useUpload(limits: UploadLimits) {
  const [state, setState] = useState<UploadState>({ phase: "idle" });
  const queries = useQueryClient();
  const running = useRef<AbortController | null>(null);
  const last = useRef<{ file: File; kind: string } | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function upload(file: File, kind: string): Promise<void> {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    last.current = { file, kind };
    try {
      setState({ phase: "preparing" });
      const prepared = await prepareFile(file, limits);
      if (typeof prepared === "string") return setState({ phase: "refused", refusal: prepared });
      await send(prepared, kind, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      setState({ phase: "failed", problem: asProblem(error) });
    }
  }

  async function send(prepared: Blob, kind: string, signal: AbortSignal): Promise<void> {
    setState({ phase: "sending", part: 0 });
    const body = { kind, media_type: prepared.type as MediaType, size_bytes: prepared.size };
    const params = { header: { "Idempotency-Key": crypto.randomUUID() } };
    const form = await unwrap(documents.POST("/documents/v1/me/uploads", { params, body, signal }));
    await sendFile(form, prepared, (part) => setState({ phase: "sending", part }), signal);
    setState({ phase: "checking" });
    const path = "/documents/v1/me/uploads/{upload_id}/completion";
    const completed = await unwrap(
      documents.POST(path, { params: { path: { upload_id: form.upload_id } }, signal }),
    );
    await queries.invalidateQueries({ queryKey: ["own"] });
    setState({ phase: completed.state === "failed" ? "unusable" : "idle" });
  }

  function abort(): void {
    running.current?.abort();
    setState({ phase: "idle" });
  }

  async function retry(): Promise<void> {
    if (last.current !== null) await upload(last.current.file, last.current.kind);
  }

  return { state, upload, abort, retry };
}
