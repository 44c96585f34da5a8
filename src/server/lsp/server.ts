/**
 * The language server: the protocol's messages to and from workspace and core.
 *
 * Workspace, core and connection are handed in; `main.ts` makes connections, `cli/lsp.ts` the rest.
 */
import {
  CodeActionKind,
  type CodeActionParams,
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import {
  type ServerOptions,
  type ServerSettings,
  type ServerStatus,
  STATUS_NOTIFICATION,
  TRUST_NOTIFICATION,
} from "../../protocol.ts";
import type { Core } from "../core/core.ts";
import { Analyses } from "./analyses.ts";
import { type ActionData, offerActions, resolveEdit, withEdits } from "./codeActions.ts";
import { codeLenses } from "./codeLens.ts";
import { type DiagnosticContext, isShown } from "./diagnostics.ts";
import type { LanguageWorkspace, LanguageWorkspaceOptions } from "./languageWorkspace.ts";
import { makeLocator } from "./locations.ts";
import { OpenDocuments } from "./openDocuments.ts";
import { chooseEncoding, type PositionEncoding, textPositions } from "./positions.ts";
import { Publisher } from "./publisher.ts";
import { uriToPath } from "./uris.ts";

/** What the server is made of. */
export interface ServerParts {
  readonly createCore: () => Promise<Core>;
  readonly makeWorkspace: (options: LanguageWorkspaceOptions) => LanguageWorkspace;
  readonly version: string;
}

/** Settings where the client sends none. */
const DEFAULT_SETTINGS: ServerSettings = { enable: true, minimumConfidence: "possible", go: "" };

/** An answer that takes longer than this is explained to the user. */
const SLOW_MS = 5_000;

/** Files whose changes on disk matter. */
const WATCHED = ["**/*.go", "**/go.mod", "**/go.sum", "**/go.work", "**/vendor/modules.txt"];

/** Folders that are deleted or renamed in the editor: watchers of files are not told of them. */
const FOLDER_OPERATIONS = { filters: [{ pattern: { glob: "**", matches: "folder" as const } }] };

/** One client's server, from `initialize` on. */
interface Session {
  readonly workspace: LanguageWorkspace;
  readonly analyses: Analyses;
  readonly publisher: Publisher;
  readonly encoding: PositionEncoding;
  readonly helpBase: string | null;
  readonly canWatchFiles: boolean;
  readonly tellsOfFolders: boolean;
  readonly resolvesEdits: boolean;
}

/** Answers the client at the other end of `connection` until it says `exit`. */
export function serve(connection: Connection, parts: ServerParts): void {
  const documents = new OpenDocuments();
  let settings = DEFAULT_SETTINGS;
  let session: Session | null = null;
  let lastStatus = "";
  let lastTook = 0;

  connection.onInitialize((params): InitializeResult => {
    session = startSession(params);
    return {
      serverInfo: { name: "maprace", version: parts.version },
      capabilities: {
        positionEncoding: session.encoding,
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix], resolveProvider: true },
        codeLensProvider: {},
        workspace: {
          workspaceFolders: { supported: true, changeNotifications: true },
          fileOperations: { didDelete: FOLDER_OPERATIONS, didRename: FOLDER_OPERATIONS },
        },
      },
    };
  });

  function startSession(params: InitializeParams): Session {
    // Other editors send no options: they have no notion of trust, and opening a folder there is trusting it.
    const options = (params.initializationOptions ?? {}) as Partial<ServerOptions>;
    settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const encoding = chooseEncoding(params.capabilities.general?.positionEncodings);
    const workspace = parts.makeWorkspace({
      folders: foldersOf(params),
      trusted: options.trusted ?? true,
      go: settings.go,
      storage: options.storage ?? null,
      onChange: () => {
        session?.publisher.everythingChanged();
        showStatus();
      },
    });
    const analyses = new Analyses(workspace, parts.createCore);
    const helpBase = options.helpBase ?? null;
    const publisher = new Publisher({
      connection,
      workspace,
      analyses,
      documents,
      encoding,
      helpBase,
      settings: () => settings,
      answered: (milliseconds) => {
        lastTook = milliseconds;
        showStatus();
      },
      failed: showFailure,
    });
    return {
      workspace,
      analyses,
      publisher,
      encoding,
      helpBase,
      canWatchFiles: params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
      tellsOfFolders: params.capabilities.workspace?.workspaceFolders === true,
      resolvesEdits:
        params.capabilities.textDocument?.codeAction?.resolveSupport?.properties.includes("edit") === true,
    };
  }

  connection.onInitialized(() => {
    if (session === null) {
      return;
    }
    if (session.canWatchFiles) {
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: WATCHED.map((globPattern) => ({ globPattern })),
      });
    }
    if (session.tellsOfFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(async () => {
        const folders = (await connection.workspace.getWorkspaceFolders()) ?? [];
        session?.workspace.setFolders(
          folders.map((folder) => uriToPath(folder.uri)).filter((path) => path !== null),
        );
        session?.publisher.everythingChanged();
        showStatus();
      });
    }
    session.publisher.everythingChanged();
    showStatus();
  });

  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
    const document = documents.open(uri, languageId, version, text);
    if (document !== null && session !== null) {
      session.workspace.setBuffer(document.path, document.text);
      session.publisher.documentChanged(uri);
    }
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    if (session === null) {
      return;
    }
    const document = documents.change(
      textDocument.uri,
      textDocument.version,
      contentChanges,
      session.encoding,
    );
    if (document !== null) {
      session.workspace.setBuffer(document.path, document.text);
      session.publisher.documentChanged(textDocument.uri);
    }
  });
  connection.onDidCloseTextDocument(({ textDocument }) => {
    const document = documents.close(textDocument.uri);
    if (document !== null && session !== null) {
      session.workspace.closeBuffer(document.path);
      session.publisher.everythingChanged();
    }
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    if (session !== null) {
      session.workspace.filesChanged(
        changes.map((one) => uriToPath(one.uri)).filter((path) => path !== null),
      );
      session.publisher.everythingChanged();
      showStatus();
    }
  });
  const foldersChanged = (): void => {
    session?.workspace.foldersChanged();
    session?.publisher.everythingChanged();
    showStatus();
  };
  connection.workspace.onDidDeleteFiles(foldersChanged);
  connection.workspace.onDidRenameFiles(foldersChanged);
  connection.onDidChangeConfiguration((change) => {
    const sent = (change.settings as { maprace?: Partial<ServerSettings> } | null)?.maprace;
    settings = { ...settings, ...sent };
    session?.workspace.setGo(settings.go);
    session?.publisher.everythingChanged();
  });
  connection.onNotification(TRUST_NOTIFICATION, ({ trusted }: { trusted: boolean }) => {
    session?.workspace.setTrusted(trusted);
    showStatus();
  });

  connection.onHover(async ({ textDocument, position }) => {
    const found = await look(textDocument.uri);
    const positions = found?.locator.positions(found.path);
    if (found === null || positions == null || !settings.enable) {
      return null;
    }
    const hover = found.snapshot.hover(found.path, positions.offset(position));
    return hover === null
      ? null
      : {
          contents: { kind: "markdown" as const, value: hover.markdown },
          range: positions.range(hover.pos, hover.end),
        };
  });
  connection.onCodeAction(async ({ textDocument, range, context: { only } }: CodeActionParams) => {
    const found = await look(textDocument.uri);
    if (
      found === null ||
      !settings.enable ||
      (only !== undefined && !only.some((kind) => isWithinKind(CodeActionKind.QuickFix, kind)))
    ) {
      return [];
    }
    const { path, snapshot, locator, context, resolvesEdits } = found;
    const version = locator.document(path)?.version ?? null;
    const shown = snapshot.foundIn(path).filter((finding) => isShown(finding, settings.minimumConfidence));
    const actions = offerActions(
      { path, uri: textDocument.uri, version, range },
      shown,
      snapshot,
      locator,
      context,
    );
    return resolvesEdits ? actions : withEdits(actions, path, snapshot, locator);
  });
  connection.onCodeActionResolve(async (action) => {
    const data = action.data as ActionData;
    const found = await look(data.uri);
    return found === null
      ? action
      : { ...action, edit: resolveEdit(data, found.path, found.snapshot, found.locator) };
  });
  connection.onCodeLens(({ textDocument }) => {
    const document = documents.get(textDocument.uri);
    if (document === null || session === null) {
      return [];
    }
    const folder = document.path.slice(0, document.path.lastIndexOf("/")) || "/";
    return codeLenses(document.path, folder, document.text, textPositions(document.text, session.encoding));
  });

  connection.onShutdown(() => {
    session?.publisher.dispose();
    session?.workspace.dispose();
    session?.analyses.dispose();
    session = null;
  });

  /** The current snapshot for an open file and what converts its places; use it before the next `await`. */
  async function look(uri: string) {
    const document = documents.get(uri);
    const current = session;
    if (document === null || current === null) {
      return null;
    }
    const path = current.workspace.pathInProgram(document.path);
    const snapshot = await current.analyses.snapshotOf(path);
    if (snapshot === null) {
      return null;
    }
    // A file that nobody has looked at yet is looked at now; the rest of the workspace is for the publisher.
    snapshot.advance(path, () => true);
    const locator = makeLocator(snapshot, current.workspace, documents, current.encoding);
    const context: DiagnosticContext = { location: locator.location, helpBase: current.helpBase };
    return { path, snapshot, locator, context, resolvesEdits: current.resolvesEdits };
  }

  function showStatus(): void {
    const notes = [...(session?.workspace.notes() ?? [])];
    if (lastTook > SLOW_MS) {
      notes.push({
        level: "info",
        message:
          `Analysing this workspace took ${Math.round(lastTook / 1000)} s, so diagnostics come late. ` +
          "Open the folder of the module that you work on to have them sooner.",
      });
    }
    sendStatus({
      level: notes.some((note) => note.level === "warning") ? "warning" : notes.length > 0 ? "info" : "ok",
      message: notes.map((note) => note.message).join("\n"),
    });
  }

  function showFailure(error: unknown): void {
    connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    sendStatus({
      level: "warning",
      message:
        "The analysis failed, which is a defect of Maprace. " +
        "Edit the file to have it tried again, and report what the output channel “Maprace” says.",
    });
  }

  function sendStatus(status: ServerStatus): void {
    const text = JSON.stringify(status);
    if (text !== lastStatus) {
      lastStatus = text;
      void connection.sendNotification(STATUS_NOTIFICATION, status);
    }
  }

  connection.listen();
}

/** `quickfix` is within `quickfix` and the empty kind, not within `refactor`. */
function isWithinKind(kind: string, asked: string): boolean {
  return asked === "" || kind === asked || kind.startsWith(`${asked}.`);
}

function foldersOf(params: InitializeParams): string[] {
  const uris =
    params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri == null ? [] : [params.rootUri]);
  return uris.map(uriToPath).filter((path) => path !== null);
}
