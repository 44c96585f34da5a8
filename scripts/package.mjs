/** Packs the built extension into maprace.vsix: what package.json's `files` names, and nothing else. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { installDependencies, root } from "./dependencies.mjs";
import { main, quietly, step } from "./steps.mjs";

/** Where the package is written. */
export const vsix = join(root, "maprace.vsix");

const MAX_BYTES = 3_000_000;

/**
 * Packs dist/ as it is into `vsix`.
 * @returns {Promise<number>} its size in bytes
 * @throws {Error} when the package outgrew what a user should have to download
 */
export async function pack() {
  const vsce = join(root, "node_modules", "@vscode", "vsce", "vsce");
  // Everything is bundled, so the package carries no node_modules; pictures in the README are packed with it.
  const flags = [
    "--no-dependencies",
    "--allow-missing-repository",
    "--no-rewrite-relative-links",
    "--no-git-tag-version",
  ];
  await quietly(process.execPath, [vsce, "package", ...flags, "--out", vsix], { cwd: root });
  const { size } = statSync(vsix);
  if (size > MAX_BYTES) throw new Error(`${vsix} has ${size} bytes; at most ${MAX_BYTES} are allowed.`);
  return size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await installDependencies();
    const size = await step("Building and packing", async () => {
      await build();
      return pack();
    });
    console.log(`${vsix} (${(size / 1e6).toFixed(2)} MB)`);
  });
}
