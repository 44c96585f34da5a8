/** The process that VS Code starts: the language server on the transport that the command line names. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { startLanguageServer } from "./lsp.ts";

startLanguageServer(createConnection(ProposedFeatures.all), dirname(fileURLToPath(import.meta.url)));
