// The `definition` of a definition, as the form sees it. What the form does not know stays as it is.

type Json = Record<string, unknown>;
export type RuleType = "css" | "xpath" | "regex" | "jsonpath";

// One value of an entry, and where it lies.
export interface Rule {
  field: string;
  type: RuleType;
  expression: string;
  attribute: string;
  filter: string;
}

export interface Outline {
  // Entries lie in nodes of their own; otherwise the values of each rule are counted through.
  isContained: boolean;
  selector: string;
  selectorType: Exclude<RuleType, "regex">;
  rules: Rule[];
  isBrowser: boolean;
  browserUrl: string;
  response: "html" | "json";
}

export const RULE_TYPES: readonly RuleType[] = ["css", "xpath", "regex", "jsonpath"];
export const FIELDS: readonly string[] = ["url", "title", "published", "thumbnail", "description"];
const BROWSERS = ["browser", "selenium"];

export const START: Json = {
  parse: { items: { type: "css", selector: "li", fields: { url: { type: "css", expression: "a", attribute: "href" } } } },
};

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readRule([field, value]: [string, unknown]): Rule {
  const { type, expression, attribute, post_filter: filter } = object(value);
  return {
    field,
    type: (text(type) || "css") as RuleType,
    expression: text(expression),
    attribute: text(attribute),
    filter: text(object(filter)["filter"]),
  };
}

export function readDocument(definition: Json): Outline {
  const parse = object(definition["parse"]);
  const items = object(parse["items"]);
  const isContained = Object.keys(items).length > 0;
  const direct = Object.entries(parse).filter(([name]) => name !== "items" && !name.startsWith("_"));
  const engine = object(definition["engine"]);
  return {
    isContained,
    selector: text(items["selector"]) || text(items["expression"]),
    selectorType: (text(items["type"]) || "css") as Outline["selectorType"],
    rules: (isContained ? Object.entries(object(items["fields"])) : direct).map(readRule),
    isBrowser: BROWSERS.includes(text(engine["type"])),
    browserUrl: text(object(engine["options"])["url"]),
    response: object(definition["response"])["type"] === "json" ? "json" : "html",
  };
}

function writeRule({ type, expression, attribute, filter }: Rule, before: Json): Json {
  const { attribute: _attribute, post_filter: _filter, ...rest } = before;
  return {
    ...rest,
    type,
    expression,
    ...(attribute ? { attribute } : {}),
    ...(filter ? { post_filter: { ...object(before["post_filter"]), filter } } : {}),
  };
}

export function writeDocument(before: Json, outline: Outline): Json {
  const parse = object(before["parse"]);
  const old = { ...parse, ...object(object(parse["items"])["fields"]) };
  const rules = Object.fromEntries(outline.rules.map((rule) => [rule.field, writeRule(rule, object(old[rule.field]))]));
  const { expression: _expression, ...items } = object(parse["items"]);
  const container = { ...items, type: outline.selectorType, selector: outline.selector, fields: rules };
  const hidden = Object.fromEntries(Object.entries(parse).filter(([name]) => name.startsWith("_")));
  return {
    ...before,
    parse: outline.isContained ? { ...hidden, items: container } : { ...hidden, ...rules },
    ...writeEngine(object(before["engine"]), outline),
    ...(outline.response === "json" || "response" in before
      ? { response: { ...object(before["response"]), type: outline.response } }
      : {}),
  };
}

function writeEngine(engine: Json, { isBrowser, browserUrl }: Outline): Json {
  const wasBrowser = BROWSERS.includes(text(engine["type"]));
  if (!isBrowser) return wasBrowser ? { engine: { type: "http" } } : Object.keys(engine).length ? { engine } : {};
  const options = wasBrowser ? object(engine["options"]) : {};
  return { engine: { type: wasBrowser ? engine["type"] : "browser", options: { ...options, url: browserUrl } } };
}
