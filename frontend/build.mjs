// Builds dist/: the live page and the maps as modules that share code; the header and each script of the back-office as one file.
import { rmSync } from "node:fs";

import { build } from "esbuild";

const common = { bundle: true, target: ["es2022"], minify: true, logLevel: "warning" };

rmSync("dist", { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ["live/main.ts", "live/main.css", "live/area.ts", "live/area.css", "live/plan-map.ts", "live/plan-map.css", "live/sheet.ts", "live/sheet.css"],
  outdir: "dist/live",
  splitting: true,
  format: "esm",
  chunkNames: "[name]-[hash]",
  loader: { ".png": "dataurl" },
});
await build({
  ...common,
  entryPoints: [
    "header/header.ts",
    "header/header.css",
    "header/customers.css",
    ...["backoffice", "entry", "hours", "selection"].map((name) => `backoffice/${name}.ts`),
  ],
  entryNames: "[name]",
  outdir: "dist",
  format: "iife",
});
