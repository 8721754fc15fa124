/** Makes a photo smaller, outside the page's own thread. */

export interface ShrinkRequest {
  file: Blob;
  maxSide: number;
  quality: number;
}

/** The smaller photo, or null if the file is not one that the browser can read. */
export type ShrinkAnswer = Blob | null;

self.onmessage = async ({ data }: MessageEvent<ShrinkRequest>) => {
  self.postMessage(await shrink(data).catch(() => null));
};

async function shrink({ file, maxSide, quality }: ShrinkRequest): Promise<ShrinkAnswer> {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, maxSide / Math.max(whole.width, whole.height));
  const width = Math.round(whole.width * scale);
  const height = Math.round(whole.height * scale);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, 0, 0, width, height);
  whole.close();
  return await canvas.convertToBlob({ type: "image/jpeg", quality });
}
