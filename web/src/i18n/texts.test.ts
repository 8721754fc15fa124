import { describe, expect, it } from "vitest";
import { flat, LANGUAGES, type Texts } from "./index";

const files = import.meta.glob<{ default: Texts }>("./*/*.json", { eager: true });

function placeholders(text: string): string[] {
  return (text.match(/\{\{\w+/g) ?? []).sort();
}

describe.each(["common", "console", "registration"])("the texts of %s", (area) => {
  const texts = LANGUAGES.map(
    (language) => new Map(flat(files[`./${language}/${area}.json`]?.default ?? {})),
  );
  const [spanish, english] = texts;

  it("have the same keys in both languages", () => {
    expect([...(english?.keys() ?? [])].sort()).toEqual([...(spanish?.keys() ?? [])].sort());
  });

  it("have the same placeholders in both languages", () => {
    for (const [key, text] of spanish ?? []) {
      expect([key, placeholders(english?.get(key) ?? "")]).toEqual([key, placeholders(text)]);
    }
  });

  it("are not empty", () => {
    for (const language of texts) {
      expect([...language].filter(([, text]) => text.trim() === "")).toEqual([]);
    }
  });
});
