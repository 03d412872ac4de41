// Checks the texts: every language has every message with the same values and its own plural forms, every message is
// used, and every one that is asked for exists. Prints what is wrong, a line each.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const SRC = path.join(import.meta.dirname, "src");
const FIRST = "en";

async function readCatalogues() {
  const catalogues = {};
  for (const language of (await readdir(path.join(SRC, "i18n"), { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
    const folder = path.join(SRC, "i18n", language.name);
    catalogues[language.name] = {};
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(".json"))) {
      const texts = JSON.parse(await readFile(path.join(folder, file), "utf8"));
      for (const [key, text] of Object.entries(texts)) catalogues[language.name][`${path.basename(file, ".json")}.${key}`] = text;
    }
  }
  return catalogues;
}

async function readSources() {
  const names = (await readdir(SRC, { recursive: true })).filter((name) => /\.tsx?$/.test(name));
  return Promise.all(names.map(async (name) => [name, await readFile(path.join(SRC, name), "utf8")]));
}

function values(text) {
  const forms = typeof text === "string" ? [text] : Object.values(text);
  return [...new Set(forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1])))].sort();
}

function* languageProblems(language, catalogue, first) {
  for (const key of Object.keys(first)) if (!(key in catalogue)) yield `${language}: ${key} is missing`;
  const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const [key, text] of Object.entries(catalogue)) {
    if (!(key in first)) {
      yield `${language}: ${key} is not in ${FIRST}`;
      continue;
    }
    if ((typeof text === "string") !== (typeof first[key] === "string")) yield `${language}: ${key} has other forms than ${FIRST}`;
    const [own, wanted] = [values(text), values(first[key])].map((names) => names.filter((name) => name !== "n").join());
    if (own !== wanted) yield `${language}: ${key} has the values {${own}}, ${FIRST} has {${wanted}}`;
    if (typeof text === "string") continue;
    for (const form of categories) if (!(form in text)) yield `${language}: ${key} lacks the form "${form}"`;
  }
}

// t("screen.key") and t(`screen.prefix${...}`); what is put together in another way is named in a comment: // t: screen.key
function uses(source) {
  const whole = [...source.matchAll(/\bt\(\s*"([^"]+)"/g), ...source.matchAll(/\/\/ t: ([\w.]+)/g)].map((match) => match[1]);
  const choices = [...source.matchAll(/\bt\(([^()]*\?[^()]*:[^()]*)[,)]/g)].flatMap((match) => [...match[1].matchAll(/"(\w+\.[\w.]+)"/g)].map((inner) => inner[1]));
  const prefixes = [...source.matchAll(/\b(?:t|hasText)\(\s*`([\w.]+)\$\{/g)].map((match) => match[1]);
  return { whole: [...whole, ...choices], prefixes };
}

const catalogues = await readCatalogues();
const first = catalogues[FIRST];
const problems = [];
const used = new Set();
const prefixes = [];
for (const [name, source] of await readSources()) {
  const found = uses(source);
  prefixes.push(...found.prefixes);
  for (const key of found.whole) {
    used.add(key);
    if (!(key in first)) problems.push(`${name}: there is no message ${key}`);
  }
}
const screens = (await readdir(path.join(SRC, "screens"), { withFileTypes: true })).filter((entry) => entry.isDirectory());
for (const { name } of screens) used.add(`${name}.title`);
for (const key of Object.keys(first)) {
  if (!used.has(key) && !prefixes.some((prefix) => key.startsWith(prefix))) problems.push(`${FIRST}: nothing uses ${key}`);
}
for (const [language, catalogue] of Object.entries(catalogues)) problems.push(...languageProblems(language, catalogue, first));
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
