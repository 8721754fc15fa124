/** Writes TypeScript types of the services' OpenAPI documents. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTypescript, { astToString } from "openapi-typescript";

const documents = fileURLToPath(new URL("../../contracts/openapi/", import.meta.url));
const generated = fileURLToPath(new URL("../src/api/generated/", import.meta.url));

await mkdir(generated, { recursive: true });
for (const file of (await readdir(documents)).filter((name) => name.endsWith(".json"))) {
  const document = JSON.parse(await readFile(`${documents}${file}`, "utf8"));
  const types = astToString(await openapiTypescript(document, { defaultNonNullable: false }));
  await writeFile(`${generated}${file.replace(".json", ".d.ts")}`, types);
}
