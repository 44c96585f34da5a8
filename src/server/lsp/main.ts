/** The language server's way in: the connection to the client, over the transport that the caller names. */
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { type ServerParts, serve } from "./server.ts";

/** Serves on stdin and stdout; resolves when the client says `exit`. */
export async function serveStdio(parts: ServerParts): Promise<void> {
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  const ended = new Promise<void>((resolve) => connection.onExit(resolve));
  serve(connection, parts);
  await ended;
}

/** Serves on the transport that this process was started with (`--node-ipc`, `--stdio`, `--pipe=…`). */
export function serveProcess(parts: ServerParts): void {
  serve(createConnection(ProposedFeatures.all), parts);
}
