import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { describe, expect, it } from "vitest";
import { firstLoadBudget } from "./firstLoadBudget.ts";

const PAGE = "a/Page.tsx";
const code = (letter: string) => letter.repeat(4_000);
const size = (...letters: string[]) =>
  letters.reduce((sum, letter) => sum + gzipSync(code(letter), { level: 6 }).length, 0) / 1000;

const chunk = (module: string, letter: string, imports: string[] = [], css: string[] = []) => ({
  type: "chunk",
  code: code(letter),
  moduleIds: [`/project/src/${module}`],
  imports,
  viteMetadata: { importedCss: new Set(css) },
});
const bundle = {
  "entry.js": chunk("a/main.tsx", "a", ["shared.js"], ["entry.css"]),
  "entry.css": { type: "asset", source: code("b") },
  "shared.js": chunk("a/shared.ts", "c", ["entry.js"]),
  "page.js": chunk(PAGE, "d", ["shared.js"]),
  "later.js": chunk("a/Later.tsx", "e", ["shared.js"]),
};

function build(budget: number, page = PAGE): void {
  const plugin = firstLoadBudget([{ page, with: ["a/main.tsx"], budget }]) as Plugin;
  const { handler } = plugin.generateBundle as { handler: (...input: unknown[]) => void };
  const error = (message: string) => {
    throw new Error(message);
  };
  handler.call({ error }, {}, bundle);
}

describe("the budget of a first load", () => {
  const all = size("a", "b", "c", "d");

  it("holds scripts and styles that are loaded at once, each file once, and nothing else", () => {
    expect(() => build(all)).not.toThrow();
    expect(() => build(all - 0.001)).toThrow(/^a\/Page.tsx exceeds [\d.]+ kB by 0.0: .*page.js/);
  });

  it("cannot be kept by a page that has moved", () => {
    expect(() => build(all, "b/Page.tsx")).toThrow("no chunk of the build holds b/Page.tsx");
  });
});
