/**
 * Replaces the modules through which antd and its icons write `<style>` elements by one that uses
 * constructable style sheets, because the content security policy allows no inline style.
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const REPLACEMENTS = [
  {
    imports: /(^|\/)Dom\/dynamicCSS(\.js)?$/,
    importer: /node_modules\/(@rc-component|@ant-design)\//,
  },
  { imports: /(^|\/)cssUtils(\.js)?$/, importer: /node_modules\/@ant-design\/icons\// },
];

const adoptedStyles = fileURLToPath(new URL("../src/styles/adoptedStyles.ts", import.meta.url));

export function constructableStyles(): Plugin {
  const met = new Set<number>();
  let hasAntd = false;
  return {
    name: "constructable-styles",
    enforce: "pre",
    resolveId(source, importer) {
      if (source === "antd" || source.startsWith("antd/")) hasAntd = true;
      const found = REPLACEMENTS.findIndex(
        (each) =>
          each.imports.test(source) && importer !== undefined && each.importer.test(importer),
      );
      if (found < 0) return null;
      met.add(found);
      return adoptedStyles;
    },
    buildEnd(error) {
      if (error === undefined && hasAntd && met.size < REPLACEMENTS.length) {
        this.error("antd's style modules were not found: inline styles would be blocked");
      }
    },
  };
}
