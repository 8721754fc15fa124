// Shows the OpenAPI document beside this page: operations with parameters, bodies and responses, and
// the models that they refer to. Texts are inserted as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];
const part = (id) => document.getElementById(id);

function make(name, content = [], attributes = {}) {
  const element = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  element.append(...[content].flat());
  return element;
}

const nameOf = (reference) => reference.split("/").pop();

/** The schema in a few words; models become links. */
function typeOf(schema) {
  if (!schema) return ["anything"];
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [make("a", name, { href: `#model-${name}` })];
  }
  const variants = schema.oneOf || schema.anyOf || schema.allOf;
  if (variants) return variants.flatMap((each, index) => (index ? [" or ", ...typeOf(each)] : typeOf(each)));
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((each) => JSON.stringify(each)).join(" | ")];
  if (schema.type === "array") return ["list of ", ...typeOf(schema.items)];
  if (schema.additionalProperties) return ["map to ", ...typeOf(schema.additionalProperties)];
  return [[schema.type || "anything", schema.format].filter(Boolean).join(", ")];
}

function table(headings, rows) {
  const cells = (name) => (row) => make("tr", row.map((cell) => make(name, cell)));
  return make("table", [make("thead", cells("th")(headings)), make("tbody", rows.map(cells("td")))]);
}

function parameters(operation, api) {
  const found = (operation.parameters || []).map((each) =>
    each.$ref ? api.components.parameters[nameOf(each.$ref)] : each);
  if (!found.length) return [];
  const rows = found.map((each) => [
    each.name, each.in, each.required ? "required" : "", typeOf(each.schema), each.description || "",
  ]);
  return [make("h3", "Parameters"), table(["Name", "In", "", "Type", "Description"], rows)];
}

function content(body) {
  return Object.entries(body.content || {}).flatMap(([mediaType, described]) => [
    make("p", [`${mediaType}: `, ...typeOf(described.schema)]),
    ...(described.example === undefined ? [] : [make("pre", JSON.stringify(described.example, null, 2))]),
  ]);
}

function operationDetails(method, path, operation, api) {
  const title = [make("b", method.toUpperCase()), ` ${path} `, make("span", operation.summary || "")];
  const responses = Object.entries(operation.responses).flatMap(([status, response]) => [
    make("h3", `${status} ${response.description}`), ...content(response),
  ]);
  return make("details", [
    make("summary", title),
    make("p", `${operation.operationId}${operation.security ? ", needs an access token" : ""}`),
    ...(operation.description ? [make("p", operation.description)] : []),
    ...parameters(operation, api),
    ...(operation.requestBody ? [make("h3", "Request body"), ...content(operation.requestBody)] : []),
    ...responses,
  ], { "data-words": `${method} ${path} ${operation.operationId}`.toLowerCase() });
}

function modelDetails(name, schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([field, each]) => [
    field, required.has(field) ? "required" : "", typeOf(each), each.description || "",
  ]);
  return make("details", [
    make("summary", name),
    ...(schema.description ? [make("p", schema.description)] : []),
    rows.length ? table(["Field", "", "Type", "Description"], rows) : make("p", typeOf(schema)),
  ], { id: `model-${name}` });
}

/** Open the model that the address names. */
function openTarget() {
  const target = location.hash && part(decodeURIComponent(location.hash.slice(1)));
  if (target) {
    target.open = true;
    target.scrollIntoView();
  }
}

function show(api) {
  document.title = api.info.title;
  part("title").textContent = api.info.title;
  const found = Object.entries(api.paths).flatMap(([path, described]) =>
    METHODS.filter((method) => described[method])
      .map((method) => operationDetails(method, path, described[method], api)));
  part("operations").append(...found);
  const models = Object.entries(api.components.schemas).map(([name, schema]) => modelDetails(name, schema));
  part("models").append(make("h2", "Models"), ...models);
  part("state").textContent = `${found.length} operations, ${models.length} models`;
  part("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    found.forEach((each) => {
      each.hidden = !words.every((word) => each.dataset.words.includes(word));
    });
  });
  window.addEventListener("hashchange", openTarget);
  openTarget();
}

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(String(response.status));
  show(await response.json());
} catch (error) {
  part("state").textContent = `The document could not be loaded: ${error.message}`;
}
