/** Saves the file of a link; the service serves files as attachments, so the page stays. */
export function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
