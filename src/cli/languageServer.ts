/** The process that VS Code starts: the language server on the transport that the command line names. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { serveProcess } from "../server/lsp/main.ts";
import { serverParts } from "./lsp.ts";

serveProcess(serverParts(dirname(fileURLToPath(import.meta.url))));
