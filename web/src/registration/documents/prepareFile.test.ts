import { describe, expect, it, vi } from "vitest";
import { prepareFile } from "./prepareFile";

const LIMITS = {
  media_types: ["application/pdf", "image/jpeg", "image/png"],
  max_file_bytes: 20_000_000,
};

function file(bytes: number, name: string, type: string): File {
  return new File([new Uint8Array(bytes)], name, { type });
}

describe("a chosen file", () => {
  it("is made smaller if it is a large photo", async () => {
    const small = new Blob(["x"], { type: "image/jpeg" });
    const shrink = vi.fn(async () => small);

    expect(await prepareFile(file(2_000_000, "a.jpg", "image/jpeg"), LIMITS, shrink)).toBe(small);
    expect(shrink).toHaveBeenCalledOnce();
  });

  it("is sent unchanged if it cannot be made smaller", async () => {
    const photo = file(2_000_000, "a.jpg", "image/jpeg");

    expect(await prepareFile(photo, LIMITS, async () => null)).toBe(photo);
  });

  it("is sent unchanged if it is small or no photo", async () => {
    const shrink = vi.fn(async () => null);
    const photo = file(1_000, "a.png", "image/png");
    const letter = file(2_000_000, "a.pdf", "application/pdf");

    expect(await prepareFile(photo, LIMITS, shrink)).toBe(photo);
    expect(await prepareFile(letter, LIMITS, shrink)).toBe(letter);
    expect(shrink).not.toHaveBeenCalled();
  });

  it("has the type of its name if the system gives none", async () => {
    const prepared = await prepareFile(file(10, "CEDULA.PDF", ""), LIMITS);

    expect(prepared).toBeInstanceOf(Blob);
    expect((prepared as Blob).type).toBe("application/pdf");
  });

  it.each([
    [file(10, "a.heic", ""), "heic"],
    [file(10, "a.HEIF", "image/heif"), "heic"],
    [file(10, "a.docx", "application/msword"), "type"],
    [file(0, "a.pdf", "application/pdf"), "empty"],
    [file(20_000_001, "a.pdf", "application/pdf"), "size"],
  ])("is refused in words", async (chosen, refusal) => {
    expect(await prepareFile(chosen, LIMITS)).toBe(refusal);
  });
});
