/** Runs a TypeScript program of this repository that is no test: `node scripts/run-typescript.mjs FILE.ts ARGS…`. */
import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { installDependencies, root } from "./dependencies.mjs";
import { main } from "./steps.mjs";

await main(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined)
    throw new Error("Name the file to run: node scripts/run-typescript.mjs FILE.ts ARGS…");
  await installDependencies();
  const { build } = await import("esbuild");
  // Beside the packages that the program imports, and one level below the repository as dist/ is.
  const outfile = join(root, "node_modules/.cache/maprace", basename(file).replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    define: { "import.meta.dirname": JSON.stringify(join(root, file, "..")) },
    logLevel: "warning",
  });
  process.exitCode = spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" }).status ?? 1;
});
