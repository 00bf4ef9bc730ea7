// Shows /openapi.json: operations, parameters, schemas, and a form to try each.

const STREAM_BYTES_MAX = 20_000;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function resolve(api, schema) {
  if (!schema.$ref) return schema;
  const found = schema.$ref.slice(2).split("/").reduce((value, key) => value[key], api);
  return { ...found, ...schema, name: schema.$ref.split("/").pop() };
}

function typeName(api, schema) {
  const known = resolve(api, schema);
  if (known.type === "array") return `${typeName(api, known.items)}[]`;
  if (known.enum) return known.enum.filter((value) => !String(value).endsWith("_UNSPECIFIED")).join(" | ");
  if (known.additionalProperties?.type) return `map of ${typeName(api, known.additionalProperties)}`;
  return known.name ?? known.format ?? known.type ?? "";
}

function bounds(schema) {
  const words = { minLength: "at least %s letters", maxLength: "at most %s letters", pattern: "%s",
    minimum: "from %s", maximum: "to %s", minItems: "at least %s entries", maxItems: "at most %s entries" };
  return Object.entries(words).filter(([key]) => schema[key] !== undefined)
    .map(([key, text]) => text.replace("%s", schema[key])).join(", ");
}

function row(api, name, schema, required) {
  const known = resolve(api, schema);
  const meaning = make("td", {}, schema.description ?? known.description ?? "");
  const limits = bounds(known);
  if (limits) meaning.append(make("div", { class: "soft" }, make("code", {}, limits)));
  return make("tr", {}, make("td", {}, name + (required ? " *" : "")), make("td", {}, typeName(api, schema)), meaning);
}

function table(api, rows) {
  const head = make("tr", {}, ...["Field", "Type", "Meaning"].map((text) => make("th", { scope: "col" }, text)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function inner(api, schema) {
  const known = resolve(api, schema);
  return known.type === "array" ? inner(api, known.items) : known;
}

// A message as a table; what it is made of opens below it, so that a schema that refers to itself ends.
function schemaView(api, schema) {
  const known = inner(api, schema);
  if (!known.properties) return make("p", {}, typeName(api, schema));
  const view = make("div", {});
  const required = known.required ?? [];
  const fields = Object.entries(known.properties);
  if (known.description) view.append(make("p", { class: "soft" }, known.description));
  view.append(table(api, fields.map(([name, field]) => row(api, name, field, required.includes(name)))));
  for (const [name, field] of fields) {
    const part = inner(api, field);
    if (part.properties) view.append(folded(`${name}: ${part.name ?? "object"}`, () => schemaView(api, field)));
  }
  return view;
}

function folded(title, content) {
  const details = make("details", {}, make("summary", {}, title));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(content());
  });
  return details;
}

function sample(api, schema, depth = 0) {
  const known = resolve(api, schema);
  if (known.enum) return known.enum.find((value) => !String(value).endsWith("_UNSPECIFIED"));
  if (known.type === "array") return depth > 2 ? [] : [sample(api, known.items, depth + 1)];
  if (known.properties && depth < 3) {
    const wanted = known.required ?? Object.keys(known.properties).slice(0, 6);
    return Object.fromEntries(wanted.map((name) => [name, sample(api, known.properties[name], depth + 1)]));
  }
  return { boolean: false, integer: 0, number: 0, object: {} }[known.type] ?? "";
}

async function show(response, output) {
  output.textContent = `${response.status} ${response.statusText}\n\n`;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.length;
    const whole = response.headers.get("content-type")?.startsWith("application/json");
    output.append(whole ? pretty(value) : value);
    if (size > STREAM_BYTES_MAX) return void reader.cancel();
  }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function tryForm(api, path, verb, operation) {
  const parameters = (operation.parameters ?? []).map((item) => resolve(api, item)).filter((item) => item.in !== "header");
  const inputs = parameters.map((item) => [item, make("input", { name: item.name, autocomplete: "off" })]);
  const body = operation.requestBody
    ? make("textarea", { "aria-label": "Body", spellcheck: "false" },
      JSON.stringify(sample(api, operation.requestBody.content["application/json"].schema), null, 2)) : null;
  const output = make("pre", { hidden: "" });
  const form = make("form", {}, ...inputs.map(([item, input]) => make("label", {}, item.name, input)), body,
    make("button", {}, `Send ${verb.toUpperCase()}`));
  let aborter = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    aborter?.abort();
    aborter = new AbortController();
    output.hidden = false;
    try {
      await show(await fetch(target(path, inputs), request(verb, body, aborter.signal)), output);
    } catch (error) {
      if (error.name !== "AbortError") output.textContent = String(error);
    }
  });
  return make("div", {}, form, output);
}

function target(path, inputs) {
  const query = new URLSearchParams();
  for (const [item, input] of inputs) {
    if (item.in === "path") path = path.replace(`{${item.name}}`, encodeURIComponent(input.value));
    else if (input.value) query.append(item.name, input.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function request(verb, body, signal) {
  const headers = body ? { "content-type": "application/json" } : {};
  return { method: verb.toUpperCase(), headers, body: body?.value, signal, credentials: "same-origin" };
}

function operationView(api, path, verb, operation) {
  const heading = make("h2", { class: "path" }, make("span", { class: `verb ${verb}` }, verb.toUpperCase()), ` ${path}`);
  const view = make("section", { class: "operation", id: operation.operationId }, heading);
  for (const text of (operation.description ?? operation.summary).split("\n\n")) view.append(make("p", {}, text));
  const parameters = (operation.parameters ?? []).map((item) => resolve(api, item));
  if (parameters.length) {
    const rows = parameters.map((item) => row(api, item.name, { ...item.schema, description: item.description }, item.required));
    view.append(folded(`Parameters (${parameters.length})`, () => table(api, rows)));
  }
  const body = operation.requestBody?.content["application/json"].schema;
  if (body) view.append(folded("Body", () => schemaView(api, body)));
  const [kind, answer] = Object.entries(operation.responses[200].content)[0];
  view.append(folded(`Answer (${Object.keys(operation.responses[200].content).join(", ") || kind})`,
    () => schemaView(api, answer.schema)));
  view.append(folded("Try it", () => tryForm(api, path, verb, operation)));
  return view;
}

function render(api) {
  const index = document.getElementById("index");
  const operations = document.getElementById("operations");
  operations.replaceChildren();
  document.getElementById("about").textContent = api.info.description;
  const every = Object.entries(api.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })));
  for (const tag of api.tags) {
    index.append(make("h2", {}, tag.name));
    for (const { path, verb, operation } of every.filter((item) => item.operation.tags[0] === tag.name)) {
      const mark = make("span", { class: `verb ${verb}` }, verb.toUpperCase());
      index.append(make("a", { class: "operation", href: `#${operation.operationId}` }, mark, ` ${path}`));
      operations.append(operationView(api, path, verb, operation));
    }
  }
  document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value.toLowerCase()));
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function filter(text) {
  for (const link of document.querySelectorAll("nav a.operation")) {
    const view = document.getElementById(link.hash.slice(1));
    const matches = view.textContent.toLowerCase().includes(text);
    link.hidden = view.hidden = !matches;
  }
}

try {
  render(await (await fetch("/openapi.json")).json());
} catch (error) {
  document.getElementById("operations").textContent = `The document could not be read: ${error}`;
}
