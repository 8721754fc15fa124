/** A chosen file as it will be sent: large photos are made smaller, others are refused in words. */
import type { ShrinkAnswer, ShrinkRequest } from "./shrink.worker";

export interface UploadLimits {
  media_types: string[];
  max_file_bytes: number;
}

export type Refusal = "heic" | "type" | "size" | "empty";

/** Photos above this size are worth the work. */
const SHRINK_FROM_BYTES = 1_500_000;
const MAX_SIDE = 2_200;
const QUALITY = 0.82;
const TYPES: Record<string, string> = {
  pdf: "application/pdf",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
};
const HEIC = /\.hei[cf]$/i;

type Shrink = (request: ShrinkRequest) => Promise<ShrinkAnswer>;

export async function prepareFile(
  file: File,
  limits: UploadLimits,
  shrink: Shrink = shrinkInWorker,
): Promise<Blob | Refusal> {
  if (file.size === 0) return "empty";
  const type = mediaType(file);
  if (HEIC.test(file.name) || /^image\/hei[cf]/.test(type)) return "heic";
  if (!limits.media_types.includes(type)) return "type";
  const typed = file.type === type ? file : new Blob([file], { type });
  const prepared = await smaller(typed, shrink);
  return prepared.size > limits.max_file_bytes ? "size" : prepared;
}

/** Some systems give no type, so the name decides then. */
function mediaType({ name, type }: File): string {
  if (type !== "") return type.toLowerCase();
  return TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "";
}

async function smaller(file: Blob, shrink: Shrink): Promise<Blob> {
  if (!file.type.startsWith("image/") || file.size < SHRINK_FROM_BYTES) return file;
  const shrunk = await shrink({ file, maxSide: MAX_SIDE, quality: QUALITY });
  return shrunk !== null && shrunk.size < file.size ? shrunk : file;
}

async function shrinkInWorker(request: ShrinkRequest): Promise<ShrinkAnswer> {
  const worker = new Worker(new URL("./shrink.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ShrinkAnswer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<ShrinkAnswer>) => resolve(data);
      worker.onerror = () => resolve(null);
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
