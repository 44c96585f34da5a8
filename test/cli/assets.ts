/** The folder that a built product has its bundles in, for subcommands that are run from source. */
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PARSER_FILES } from "../lsp/parserModules.ts";
import { makeTree } from "../workspace/tree.ts";

/** Makes the folder for one test; it goes when the test ends. */
export function makeAssets(): string {
  const product = makeTree({});
  mkdirSync(`${product}/dist`);
  for (const [name, file] of Object.entries(PARSER_FILES)) {
    copyFileSync(file, `${product}/dist/${name}`);
  }
  copyFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), `${product}/package.json`);
  return `${product}/dist`;
}
