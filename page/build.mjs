// Builds the page: `node build.mjs TARGET` writes hashed files, each also compressed, and manifest.json into TARGET.
// `python -m local.web_page` calls it; page/README.md says what lies where.
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

const HERE = import.meta.dirname;
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const PACKED = new Set([".ico", ".png", ".woff2"]);
const SMALLEST_BYTES = 400;
const WORKER = "service-worker.js";
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

// `import("catalogue:de")` is all files of i18n/de as one object: { downloads: { title: ... }, ... }.
const catalogues = {
  name: "catalogues",
  setup(build) {
    build.onResolve({ filter: /^catalogue:/ }, ({ path: name }) => ({ path: name.slice(10), namespace: "catalogue" }));
    build.onLoad({ filter: /.*/, namespace: "catalogue" }, async ({ path: language }) => {
      const folder = path.join(HERE, "src/i18n", language);
      const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
      const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
      const parts = names.map((name, index) => [path.basename(name, ".json"), JSON.parse(texts[index])]);
      return { contents: JSON.stringify(Object.fromEntries(parts)), loader: "json", watchFiles: names };
    });
  },
};

// `import "styles:all"` is every style sheet of src, in the order of the layers that styles/tokens.css names.
const styles = {
  name: "styles",
  setup(build) {
    build.onResolve({ filter: /^styles:all$/ }, ({ path: name }) => ({ path: name, namespace: "styles" }));
    build.onLoad({ filter: /.*/, namespace: "styles" }, async () => {
      const names = (await readdir(path.join(HERE, "src"), { recursive: true })).filter((name) => name.endsWith(".css"));
      const first = "styles/tokens.css";
      const ordered = [first, ...names.filter((name) => name !== first).sort()];
      const contents = ordered.map((name) => `@import "./${name}";`).join("\n");
      return { contents, loader: "css", resolveDir: path.join(HERE, "src") };
    });
  },
};

// The facts of each folder of src/screens: [["downloads", { path: "/", ... }], ...].
async function readScreens() {
  const root = path.join(HERE, "src/screens");
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => [name, JSON.parse(await readFile(path.join(root, name, "screen.json"), "utf8"))]),
  );
}

// `import screens from "screens:all"` is the table of them, each loaded when it is opened.
const screens = {
  name: "screens",
  setup(build) {
    build.onResolve({ filter: /^screens:all$/ }, ({ path: name }) => ({ path: name, namespace: "screens" }));
    build.onLoad({ filter: /.*/, namespace: "screens" }, async () => {
      const rows = (await readScreens()).map(([name, facts]) => {
        const fields = JSON.stringify({ name, ...facts }).slice(0, -1);
        return `${fields}, "load": () => import("./screens/${name}/screen.tsx")}`;
      });
      return { contents: `export default [${rows}];`, loader: "js", resolveDir: path.join(HERE, "src") };
    });
  },
};

async function bundle() {
  return esbuild.build({
    absWorkingDir: HERE,
    entryPoints: ["src/main.tsx"],
    outdir: "out",
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    metafile: true,
    legalComments: "none",
    target: ["chrome111", "firefox115", "safari16.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    plugins: [catalogues, styles, screens],
    logLevel: "warning",
  });
}

async function compress(name, body) {
  const packed = {};
  if (PACKED.has(path.extname(name)) || body.length < SMALLEST_BYTES) return packed;
  const quality = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } };
  packed.br = await brotli(body, quality);
  packed.gzip = await gzip(body, { level: 9 });
  return packed;
}

async function store(folder, name, body, isHashed) {
  const target = path.join(folder, name);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, body);
  const encodings = {};
  for (const [coding, bytes] of Object.entries(await compress(name, body))) {
    encodings[coding] = `${name}.${coding}`;
    await writeFile(path.join(folder, encodings[coding]), bytes);
  }
  return {
    type: TYPES[path.extname(name)] ?? "application/octet-stream",
    etag: digest(body),
    is_hashed: isHashed,
    encodings,
  };
}

// What the document names: the entry, the chunks that it imports at once, and their styles.
function loadedAtOnce(outputs) {
  const entry = Object.keys(outputs).find((name) => outputs[name].entryPoint === "src/main.tsx");
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    outputs[name].imports.filter(({ kind }) => kind === "import-statement").forEach((item) => visit(item.path));
  };
  visit(entry);
  const inside = (name) => name.replace(/^out\//, "");
  return {
    entry: inside(entry),
    scripts: [...seen].filter((name) => name !== entry).map(inside),
    styles: [outputs[entry].cssBundle].filter(Boolean).map(inside),
  };
}

function digest(...parts) {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest("hex").slice(0, 16);
}

// The service worker with what it keeps: it changes, and so is fetched anew, whenever the page does.
function serviceWorker(source, files, index, screens) {
  const facts = { VERSION: digest(files.join(), index), FILES: files, SCREENS: screens };
  const lines = Object.entries(facts).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`);
  return Buffer.from(lines.join("") + source);
}

async function main(target) {
  const folder = `${target}.new`;
  await rm(folder, { recursive: true, force: true });
  const built = await bundle();
  const root = path.join(HERE, "out");
  const own = path.join(HERE, "public");
  const index = await readFile(path.join(HERE, "index.html"));
  const paths = (await readScreens()).map(([, facts]) => facts.path.slice(1));
  const hashed = built.outputFiles.map(({ path: place, contents }) => [path.relative(root, place), Buffer.from(contents)]);
  const named = await Promise.all(
    (await readdir(own)).map(async (name) => {
      const body = await readFile(path.join(own, name));
      return [name, name === WORKER ? serviceWorker(body, hashed.map(([file]) => file).sort(), index, paths) : body];
    }),
  );
  const files = await Promise.all([
    ...hashed.map(async ([name, body]) => [name, await store(folder, name, body, true)]),
    ...named.map(async ([name, body]) => [name, await store(folder, name, body, false)]),
  ]);
  const manifest = { ...loadedAtOnce(built.metafile.outputs), screens: paths, files: Object.fromEntries(files) };
  await writeFile(path.join(folder, "index.html"), index);
  await writeFile(path.join(folder, "manifest.json"), JSON.stringify(manifest, null, 1));
  await rm(target, { recursive: true, force: true });
  await rename(folder, target);
}

await main(path.resolve(process.argv[2]));
