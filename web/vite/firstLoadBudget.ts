/**
 * Fails the build when the scripts, styles and texts that a page needs before it can be used exceed
 * its budget. Sizes are those of gzip, level 6, which the gateway uses.
 */
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

export interface FirstLoad {
  /** The path of the page's module in `src`. */
  page: string;
  /** The paths of what is loaded with it: the entry and its texts. */
  with: readonly string[];
  /** Thousands of compressed bytes. */
  budget: number;
}

type Bundle = Rolldown.OutputBundle;

export function firstLoadBudget(firstLoads: readonly FirstLoad[]): Plugin {
  return {
    name: "first-load-budget",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const { page, with: others, budget } of firstLoads) {
          const sizes = sizesOf(
            [...others, page].map((path) => chunkOf(bundle, path)),
            bundle,
          );
          const kilobytes = sizes.reduce((sum, [, size]) => sum + size, 0) / 1000;
          if (kilobytes > budget) {
            const files = sizes.map(([file, size]) => `${file} ${(size / 1000).toFixed(1)}`);
            const excess = (kilobytes - budget).toFixed(1);
            this.error(`${page} exceeds ${budget} kB by ${excess}: ${files.join(", ")}`);
          }
        }
      },
    },
  };
}

/** The name of the chunk that holds a module. Throws if there is none. */
function chunkOf(bundle: Bundle, path: string): string {
  for (const [file, output] of Object.entries(bundle)) {
    const holds =
      output.type === "chunk" && output.moduleIds.some((id) => id.endsWith(`/src/${path}`));
    if (holds) return file;
  }
  throw new Error(`no chunk of the build holds ${path}`);
}

/** The files that these files import statically, with them, and their compressed sizes in bytes. */
function sizesOf(files: readonly string[], bundle: Bundle): [string, number][] {
  const found = new Set<string>();
  const add = (file: string) => {
    const output = bundle[file];
    if (output === undefined || found.has(file)) return;
    found.add(file);
    if (output.type !== "chunk") return;
    for (const each of [...output.imports, ...(output.viteMetadata?.importedCss ?? [])]) add(each);
  };
  files.forEach(add);
  return [...found].map((file) => [file, compressedSize(bundle[file])]);
}

function compressedSize(output: Bundle[string] | undefined): number {
  if (output === undefined) return 0;
  return gzipSync(output.type === "chunk" ? output.code : output.source, { level: 6 }).length;
}
