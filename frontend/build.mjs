// Bundles the editor and the typefaces into gob_graph/endpoint/web/static/dist: names with a hash of the content, each file
// also compressed, a manifest of names, and the licences of what went in. The same sources give the same bytes.
//
//     npm ci --ignore-scripts && node build.mjs [--watch]
import { build, context } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "gob_graph", "endpoint", "web", "static", "dist");
const COMPRESSED = /\.(js|css|txt)$/;

const options = {
  absWorkingDir: here,
  entryPoints: { workbench: "src/workbench.js", fonts: "src/fonts.css" },
  outdir: target,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  plugins: [{ name: "finish", setup: (plan) => plan.onEnd((result) => result.metafile && finish(result.metafile)) }],
};

/** What stands beside the bundle: compressed copies, licences, and, last of all, the manifest. */
function finish(metafile) {
  const made = Object.keys(metafile.outputs).map((path) => basename(path));
  for (const name of readdirSync(target)) if (!made.includes(name)) rmSync(join(target, name));
  writeFileSync(join(target, "THIRD-PARTY-LICENSES.txt"), licences(metafile));
  for (const name of readdirSync(target).filter((file) => COMPRESSED.test(file))) {
    const body = readFileSync(join(target, name));
    writeFileSync(join(target, `${name}.gz`), gzipSync(body, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(body, { params: quality }));
  }
  // "workbench.js" → "workbench-4F3A….js"
  const names = made.map((name) => [name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, ""), name]).sort();
  const manifest = { sources: digest(), files: Object.fromEntries(names) };
  writeFileSync(join(target, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

/** The digest of everything that decides on the bundle; hatch_build.py computes the same to see whether it is stale. */
function digest() {
  const files = ["build.mjs", "package-lock.json", "package.json", ...readdirSync(join(here, "src")).map((f) => `src/${f}`)];
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(here, name))).update("\0");
  return hash.digest("hex");
}

/** The licence text of each package of which anything is in the bundle. */
function licences(metafile) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const parts = [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `What the files of this folder contain of others.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

mkdirSync(target, { recursive: true });
if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
