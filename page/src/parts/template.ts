// What a name would look like: the usual fields of yt-dlp's templates, filled in. The service knows all of them.

export type Info = Record<string, unknown>;

const FIELD = /%\((?<names>[^)]+)\)(?<form>[-0# +]*\d*(?:\.\d+)?[a-zA-Z])/g;

export const SAMPLE: Info = {
  id: "a1B2c3D4e5F",
  title: "Harbour at dawn",
  ext: "mp4",
  uploader: "Sea",
  channel: "Sea",
  duration: 61,
  duration_string: "1:01",
  upload_date: "20260314",
  release_date: "20260314",
  height: 1080,
  width: 1920,
  resolution: "1920x1080",
  playlist: "Mornings",
  playlist_title: "Mornings",
  playlist_index: 7,
  extractor: "example",
  extractor_key: "Example",
  webpage_url_domain: "example.com",
};

export function example(template: string, info: Info): string {
  return template.replace(FIELD, (...parts) => {
    const { names = "", form = "s" } = parts.at(-1) as Record<string, string>;
    const [wanted = "", fallback] = names.split("|");
    const value = wanted.split(",").map((name) => valueOf(name.trim(), info)).find((one) => one !== undefined);
    return value === undefined ? (fallback ?? "NA") : formatted(value, form);
  });
}

function valueOf(name: string, info: Info): string | number | undefined {
  const [field = "", date] = name.split(">");
  const [key = "", ...path] = field.split(/[.+*&]/);
  const value = path.length ? undefined : info[key];
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return date === undefined ? value : dated(String(value), date);
}

function dated(value: string, format: string): string {
  const [, year = "", month = "", day = ""] = /^(\d{4})(\d\d)(\d\d)$/.exec(value) ?? [];
  return format.replace(/%([YmdyF])/g, (_whole, letter: string) => ({ Y: year, m: month, d: day, y: year.slice(2), F: `${year}-${month}-${day}` })[letter] ?? "");
}

function formatted(value: string | number, form: string): string {
  const width = /^0?(\d+)d$/.exec(form)?.[1];
  const text = width && typeof value === "number" ? String(value).padStart(Number(width), form.startsWith("0") ? "0" : " ") : String(value);
  const cut = /^\.(\d+)/.exec(form)?.[1];
  return (cut ? text.slice(0, Number(cut)) : text).replace(/\//g, "⧸");
}
