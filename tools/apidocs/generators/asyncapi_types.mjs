// Validates an AsyncAPI document and writes TypeScript types and Java classes of its models:
// node asyncapi_types.mjs DOCUMENT TYPESCRIPT_FOLDER JAVA_FOLDER. Diagnostics go to standard output.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "index.js"));
const { JavaGenerator, TypeScriptGenerator } = require("@asyncapi/modelina");
const { Parser } = require("@asyncapi/parser");

const [path, typescript, java] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(await readFile(path, "utf8"));
for (const each of diagnostics) console.log(`${each.severity} ${each.path.join(".")}: ${each.message}`);
if (!document) process.exit(1);

async function write(generator, folder, suffix, options) {
  await mkdir(folder, { recursive: true });
  const models = await generator.generateCompleteModels(document, options);
  await Promise.all(models.map((each) => writeFile(join(folder, each.modelName + suffix), each.result)));
}

await write(new TypeScriptGenerator({ modelType: "interface" }), typescript, ".ts", { exportType: "named" });
await write(new JavaGenerator(), java, ".java", { packageName: "vinculo" });
