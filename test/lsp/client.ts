/** A small editor: speaks the protocol with a server over plain streams and remembers what it was sent. */
import { PassThrough } from "node:stream";
import { onTestFinished } from "vitest";
import { createConnection } from "vscode-languageserver/node";
import {
  createProtocolConnection,
  type Diagnostic,
  type InitializeParams,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import type { ServerStatus } from "../../src/protocol.ts";
import { type ServerParts, serve } from "../../src/server/lsp/server.ts";
import { pathToUri } from "../../src/server/lsp/uris.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { createScriptedCore } from "./scriptedCore.ts";

export interface ClientOptions {
  readonly folders: readonly string[];
  readonly initializationOptions?: unknown;
  readonly positionEncodings?: string[];
  readonly resolvesEdits?: boolean;
  /** A client that can do nothing that is optional. */
  readonly bare?: boolean;
  readonly createCore?: ServerParts["createCore"];
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/** Starts a server and a client for one test. */
export async function startClient(options: ClientOptions) {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  serve(createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient)), {
    createCore: options.createCore ?? (async () => createScriptedCore()),
    makeWorkspace: (wanted) => new Workspace({ ...wanted, variables: options.variables ?? process.env }),
    version: "0.0.0",
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(toClient),
    new StreamMessageWriter(toServer),
  );
  const published: PublishDiagnosticsParams[] = [];
  const statuses: ServerStatus[] = [];
  const waiting = new Set<() => void>();
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    published.push(params);
    for (const wake of [...waiting]) {
      wake();
    }
  });
  connection.onNotification("maprace/status", (status: ServerStatus) => {
    statuses.push(status);
  });
  connection.onRequest("client/registerCapability", () => null);
  let folders = options.folders;
  const asFolders = () => folders.map((folder) => ({ uri: pathToUri(folder), name: folder }));
  connection.onRequest("workspace/workspaceFolders", asFolders);
  connection.listen();
  const params: InitializeParams = {
    processId: null,
    rootUri: null,
    workspaceFolders: asFolders(),
    initializationOptions: options.initializationOptions,
    capabilities:
      options.bare === true
        ? {}
        : {
            general:
              options.positionEncodings === undefined ? {} : { positionEncodings: options.positionEncodings },
            workspace: { workspaceFolders: true, didChangeWatchedFiles: { dynamicRegistration: true } },
            textDocument: {
              codeAction: options.resolvesEdits === false ? {} : { resolveSupport: { properties: ["edit"] } },
            },
          },
  };
  const initialized = await connection.sendRequest("initialize", params);
  await connection.sendNotification("initialized", {});
  onTestFinished(async () => {
    await connection.sendRequest("shutdown");
    connection.dispose();
  });

  return {
    connection,
    published,
    statuses,
    initialized: initialized as { capabilities: { positionEncoding: string } },
    async open(uri: string, text: string, version = 1): Promise<void> {
      await connection.sendNotification("textDocument/didOpen", {
        textDocument: { uri, languageId: "go", version, text },
      });
    },
    async change(uri: string, version: number, text: string): Promise<void> {
      await connection.sendNotification("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    },
    /** Opens these folders instead of those before. */
    async setFolders(now: readonly string[]): Promise<void> {
      folders = now;
      await connection.sendNotification("workspace/didChangeWorkspaceFolders", {
        event: { added: [], removed: [] },
      });
    },
    /** Tells of files that were made, changed or deleted on disk. */
    async changedOnDisk(...paths: readonly string[]): Promise<void> {
      await connection.sendNotification("workspace/didChangeWatchedFiles", {
        changes: paths.map((path) => ({ uri: pathToUri(path), type: 2 })),
      });
    },
    /** Waits for diagnostics of a file that satisfy `wanted`. */
    async diagnostics(
      uri: string,
      wanted: (params: PublishDiagnosticsParams) => boolean = () => true,
    ): Promise<Diagnostic[]> {
      for (;;) {
        const found = published.filter((one) => one.uri === uri).at(-1);
        if (found !== undefined && wanted(found)) {
          return found.diagnostics;
        }
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
  };
}
