/**
 * One upload: prepared, sent with progress, screened; abortable, and repeatable after a failure.
 *
 * The service screens the file after the completion was answered, so its result is polled.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { documents } from "@/api/clients";
import { type ApiProblem, asProblem, unwrap } from "@/api/problems";
import { prepareFile, type Refusal, type UploadLimits } from "./prepareFile";
import { sendFile, type UploadForm } from "./sendFile";

type MediaType = "application/pdf" | "image/jpeg" | "image/png";

interface Announcement {
  kind: string;
  media_type: MediaType;
  size_bytes: number;
}

/** Where files go: the own dossier, or a claim. `queryKey` is of what shows them. */
export interface UploadTarget {
  queryKey: string[];
  announce: (
    file: Announcement,
    key: string,
    signal: AbortSignal,
  ) => Promise<UploadForm & { upload_id: string }>;
  complete: (uploadId: string, signal: AbortSignal) => Promise<ScreenedUpload>;
  read: (uploadId: string, signal: AbortSignal) => Promise<ScreenedUpload>;
}

/** `state` is `received` as long as the file waits for its screening. */
interface ScreenedUpload {
  state: string;
  reason?: string | null;
  reason_in_words?: string | null;
}

const FIRST_DELAY_MILLISECONDS = 200;
const LAST_DELAY_MILLISECONDS = 4_000;
const DELAY_FACTOR = 1.5;
const LONG_MILLISECONDS = 10_000;

const OWN_DOSSIER: UploadTarget = {
  queryKey: ["own"],
  announce: (body, key, signal) =>
    unwrap(
      documents.POST("/documents/v1/me/uploads", {
        params: { header: { "Idempotency-Key": key } },
        body,
        signal,
      }),
    ),
  complete: (uploadId, signal) =>
    unwrap(
      documents.POST("/documents/v1/me/uploads/{upload_id}/completion", {
        params: { path: { upload_id: uploadId } },
        signal,
      }),
    ),
  read: (uploadId, signal) =>
    unwrap(
      documents.GET("/documents/v1/me/uploads/{upload_id}", {
        params: { path: { upload_id: uploadId } },
        signal,
      }),
    ),
};

export type UploadState =
  | { phase: "idle" }
  | { phase: "preparing" }
  | { phase: "sending"; part: number }
  | { phase: "checking" }
  /** As `checking`, and it takes longer than people expect. */
  | { phase: "stillChecking" }
  | { phase: "refused"; refusal: Refusal }
  /** The service looked into the file and cannot take it. */
  | { phase: "unusable"; reason: string | null; words: string | null }
  | { phase: "failed"; problem: ApiProblem };

/** The phases in which the file is on its way; another one cannot be chosen meanwhile. */
export function isBusy({ phase }: UploadState): boolean {
  return ["preparing", "sending", "checking", "stillChecking"].includes(phase);
}

export function useUpload(limits: UploadLimits, target: UploadTarget = OWN_DOSSIER) {
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
    const file = { kind, media_type: prepared.type as MediaType, size_bytes: prepared.size };
    const form = await target.announce(file, crypto.randomUUID(), signal);
    await sendFile(form, prepared, (part) => setState({ phase: "sending", part }), signal);
    setState({ phase: "checking" });
    const screened = await result(form.upload_id, signal);
    await queries.invalidateQueries({ queryKey: target.queryKey });
    const { state: outcome, reason = null, reason_in_words: words = null } = screened;
    setState(outcome === "failed" ? { phase: "unusable", reason, words } : { phase: "idle" });
  }

  async function result(uploadId: string, signal: AbortSignal): Promise<ScreenedUpload> {
    const startedAt = Date.now();
    let upload = await target.complete(uploadId, signal);
    let delay = FIRST_DELAY_MILLISECONDS;
    while (upload.state === "received") {
      await pause(delay, signal);
      delay = Math.min(delay * DELAY_FACTOR, LAST_DELAY_MILLISECONDS);
      upload = await target.read(uploadId, signal);
      if (Date.now() - startedAt > LONG_MILLISECONDS) setState({ phase: "stillChecking" });
    }
    return upload;
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

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("", "AbortError"));
    });
  });
}
