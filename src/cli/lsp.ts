/**
 * `maprace lsp`: the language server on stdio, for editors other than VS Code.
 *
 * Puts workspace on disk, core and server together; `languageServer.ts` does the same for VS Code's transport.
 */
import { parseArgs } from "node:util";
import { createCore } from "../server/core/core.ts";
import { serveStdio } from "../server/lsp/main.ts";
import { Workspace } from "../server/workspace/workspace.ts";
import { readParserModules, syntaxCache } from "./analysis.ts";
import { keepHeapSmall } from "./memory.ts";
import { productVersion } from "./productVersion.ts";

/** Serves until the client says `exit`; returns the exit status. */
export async function run(argv: string[], assets: string): Promise<number> {
  // `--stdio` is what most editors add by habit; there is no other transport here.
  parseArgs({ args: argv, options: { stdio: { type: "boolean" } } });
  await serveStdio(serverParts(assets));
  return 0;
}

/** Makes this process a server's, and the server's parts for packages on disk. `assets` is the folder of the bundles. */
export function serverParts(assets: string): Parameters<typeof serveStdio>[0] {
  keepHeapSmall();
  const modules = readParserModules(assets);
  return {
    createCore: () => createCore(modules),
    makeWorkspace: ({ storage, ...options }) =>
      new Workspace({
        ...options,
        variables: process.env,
        cache: syntaxCache(modules, assets, storage),
      }),
    version: productVersion(assets),
  };
}
