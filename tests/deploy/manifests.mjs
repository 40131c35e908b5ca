// YAML documents from stdin, as a JSON array to stdout; first, with "--validate", each is checked
// against the schema of its kind. A field that the schema does not know is an error, too.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const modules = path.join(process.env.GREETER_NODE_ROOM, "node_modules");
const { parseAllDocuments } = createRequire(path.join(modules, "/"))("yaml");
const packages = { "cert-manager.io": "@kubernetes-models/cert-manager", "monitoring.coreos.com": "@kubernetes-models/prometheus-operator" };

// The schemas' validators look at the fields that they know. `seen` remembers which.
function watched(value, seen, where = "") {
  if (value === null || typeof value !== "object") return value;
  return new Proxy(value, {
    get(object, key) {
      if (typeof key === "symbol" || !Object.hasOwn(object, key)) return object[key];
      seen.add(`${where}/${key}`);
      return watched(object[key], seen, `${where}/${key}`);
    },
  });
}

function* fields(value, where = "") {
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    yield `${where}/${key}`;
    yield* fields(inner, `${where}/${key}`);
  }
}

async function complaints(object) {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  const file = path.join(modules, packages[group] ?? "kubernetes-models", object.apiVersion, `${object.kind}.js`);
  const module = await import(pathToFileURL(file));
  const model = module[object.kind] ?? module.default[object.kind];
  const seen = new Set();
  try {
    model.prototype.validate.call(watched(object, seen));
  } catch (error) {
    return [error.message];
  }
  const unknown = [...fields(object)].filter((field) => !seen.has(field));
  return unknown.filter((field) => !unknown.some((outer) => field.startsWith(`${outer}/`))).map((field) => `${field}: unknown field`);
}

const objects = parseAllDocuments(readFileSync(0, "utf8")).map((document) => {
  if (document.errors.length > 0) throw document.errors[0];
  return document.toJS();
});
if (process.argv.includes("--validate")) {
  for (const object of objects) {
    for (const complaint of await complaints(object)) {
      console.error(`${object.kind} ${object.metadata.name}: ${complaint}`);
      process.exitCode = 1;
    }
  }
}
console.log(JSON.stringify(objects));
