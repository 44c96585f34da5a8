/**
 * `maprace lsp`: the language server on stdio, for editors other than VS Code.
 *
 * Puts workspace on disk, core and server together; `languageServer.ts` does the same for VS Code's transport.
 */
import { parseArgs } from "node:util";
import { type Connection, createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { createCore } from "../server/core/core.ts";
import { serve } from "../server/lsp/main.ts";
import { Workspace } from "../server/workspace/workspace.ts";
import { readParserModules } from "./analysis.ts";
import { productVersion } from "./productVersion.ts";

/** Serves until the client says `exit`; returns the exit status. */
export async function run(argv: string[], assets: string): Promise<number> {
  // `--stdio` is what most editors add by habit; there is no other transport here.
  parseArgs({ args: argv, options: { stdio: { type: "boolean" } } });
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  const ended = new Promise<void>((resolve) => connection.onExit(resolve));
  startLanguageServer(connection, assets);
  await ended;
  return 0;
}

/** Serves one client with the packages on disk. `assets` is the folder of the bundles. */
export function startLanguageServer(connection: Connection, assets: string): void {
  const modules = readParserModules(assets);
  serve(connection, {
    createCore: () => createCore(modules),
    makeWorkspace: (options) => new Workspace({ ...options, variables: process.env }),
    version: productVersion(assets),
  });
}
