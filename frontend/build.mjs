// dist/live/: the scripts and styles of the live page, and of the map on a contractor's page. The map is a file of its own, loaded when it is shown.
import { rmSync } from "node:fs";

import { build } from "esbuild";

rmSync("dist/live", { recursive: true, force: true });
await build({
  entryPoints: ["live/main.ts", "live/main.css", "live/area.ts", "live/area.css"],
  outdir: "dist/live",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  chunkNames: "[name]-[hash]",
  loader: { ".png": "dataurl" },
  logLevel: "warning",
});
