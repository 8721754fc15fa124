/** Sends a file by a presigned form: with progress, and abortable. */
import { ApiProblem, networkProblem } from "@/api/problems";

export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

/** `onProgress` gets 0 to 1. Throws `ApiProblem`, or an `AbortError` when it was aborted. */
export function sendFile(
  { url, fields }: UploadForm,
  file: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  // The store reads the form up to the file.
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () =>
      request.status < 300 ? resolve() : reject(problemOf(request.status, request.responseText));
    request.onerror = () => reject(networkProblem());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) reject(new DOMException("", "AbortError"));
    else request.send(body);
  });
}

function problemOf(status: number, text: string): ApiProblem {
  try {
    return new ApiProblem(status, JSON.parse(text) as object);
  } catch {
    // The object store answers with XML, which says nothing to a person.
    return new ApiProblem(status, { type: "file-not-received" });
  }
}
