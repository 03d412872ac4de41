// Writes src/api/schema.d.ts from the API's document; with `--check` fails when it is stale.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import openapi, { astToString } from "openapi-typescript";

const HERE = import.meta.dirname;
const DOCUMENT = path.join(HERE, "../functions/endpoints/system/openapi.json");
const TARGET = path.join(HERE, "src/api/schema.d.ts");
const UNTYPED = new Set(["example", "examples", "title"]);

// Examples are read by people in the reference; as comments of types they are half a megabyte.
function slim(value, isNames = false) {
  if (Array.isArray(value)) return value.map((item) => slim(item));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([key]) => isNames || !UNTYPED.has(key));
  return Object.fromEntries(entries.map(([key, part]) => [key, slim(part, key === "properties" || key === "schemas")]));
}

const nodes = await openapi(slim(JSON.parse(await readFile(DOCUMENT, "utf8"))), { defaultNonNullable: false });
const text = `// Written by \`make openapi\` from openapi.json.\n${astToString(nodes)}`;
if (!process.argv.includes("--check")) {
  await writeFile(TARGET, text);
} else if ((await readFile(TARGET, "utf8").catch(() => "")) !== text) {
  console.error("page/src/api/schema.d.ts is older than openapi.json; run `make openapi`");
  process.exit(1);
}
