/**
 * When diagnostics are computed and sent: the file that is being edited first and at once, the rest after a pause.
 *
 * Nothing is sent for a version that is no longer current: a change that arrives while a file is analysed makes
 * the answer worthless, and its own analysis follows.
 */
import type { Connection, Diagnostic } from "vscode-languageserver";
import type { ServerSettings } from "../../protocol.ts";
import type { Snapshot } from "../core/core.ts";
import type { Analyses } from "./analyses.ts";
import { isShown, toDiagnostic } from "./diagnostics.ts";
import type { LanguageWorkspace } from "./languageWorkspace.ts";
import { type Locator, makeLocator } from "./locations.ts";
import type { OpenDocument, OpenDocuments } from "./openDocuments.ts";
import type { PositionEncoding } from "./positions.ts";

/** Lets the keystrokes of one paste or completion come in together. */
const OPEN_FILE_AFTER_MS = 5;
/** An answer that takes longer than this is not begun in the middle of typing: it would be too late for itself. */
const QUICK_MS = 50;
const LONGEST_WAIT_MS = 100;
/** A pause in typing: other files are looked at again. */
const EVERYTHING_AFTER_MS = 150;
/** An open file is answered with what is known by then; what its answer lacks follows with everything else. */
const OPEN_FILE_WITHIN_MS = 20;
/** Everything is looked at in pieces of this length: messages are handled in between. */
const PIECE_MS = 15;

/** What the publisher works with. */
export interface PublisherContext {
  readonly connection: Connection;
  readonly workspace: LanguageWorkspace;
  readonly analyses: Analyses;
  readonly documents: OpenDocuments;
  readonly encoding: PositionEncoding;
  readonly helpBase: string | null;
  settings(): ServerSettings;
  /** Told how long the answer for an open file took, in milliseconds. */
  answered(milliseconds: number): void;
  /** Told of an analysis that failed; the server goes on. */
  failed(error: unknown): void;
}

export class Publisher {
  readonly #context: PublisherContext;
  /** Open files to be answered first. */
  readonly #urgent = new Set<string>();
  /** What the client was last sent for each file, as JSON. */
  readonly #sent = new Map<string, string>();
  #everythingDue = false;
  #everythingTimer: NodeJS.Timeout | null = null;
  #urgentTimer: NodeJS.Timeout | null = null;
  /** How long the last answer for an open file took. */
  #lastTook = 0;
  /** Counts everything that makes older answers worthless. */
  #generation = 0;
  #running = false;
  #disposed = false;

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /** An open file changed, or was opened. */
  documentChanged(uri: string): void {
    this.#generation++;
    this.#urgent.add(uri);
    const wait = this.#lastTook < QUICK_MS ? OPEN_FILE_AFTER_MS : Math.min(this.#lastTook, LONGEST_WAIT_MS);
    this.#openFilesSoon(wait);
    this.#everythingSoon(wait + EVERYTHING_AFTER_MS);
  }

  /** Files on disk, folders, settings or what is known of packages changed. */
  everythingChanged(): void {
    this.#generation++;
    for (const document of this.#context.documents.all()) {
      this.#urgent.add(document.uri);
    }
    this.#openFilesSoon(OPEN_FILE_AFTER_MS);
    // At the start the editor is about to name its open files: they come first.
    this.#everythingSoon(EVERYTHING_AFTER_MS);
  }

  dispose(): void {
    this.#disposed = true;
    for (const timer of [this.#urgentTimer, this.#everythingTimer]) {
      if (timer !== null) {
        clearTimeout(timer);
      }
    }
  }

  #openFilesSoon(delay: number): void {
    if (this.#urgentTimer !== null) {
      clearTimeout(this.#urgentTimer);
    }
    this.#urgentTimer = setTimeout(() => {
      this.#urgentTimer = null;
      void this.#run();
    }, delay);
  }

  #everythingSoon(delay: number): void {
    if (this.#everythingTimer !== null) {
      clearTimeout(this.#everythingTimer);
    }
    this.#everythingTimer = setTimeout(() => {
      this.#everythingTimer = null;
      this.#everythingDue = true;
      void this.#run();
    }, delay);
  }

  async #run(): Promise<void> {
    if (this.#running) {
      return;
    }
    this.#running = true;
    try {
      while (!this.#disposed && (this.#urgent.size > 0 || this.#everythingDue)) {
        const [uri] = this.#urgent;
        if (uri !== undefined) {
          this.#urgent.delete(uri);
          await this.#publishOpenFile(uri);
        } else {
          this.#everythingDue = false;
          await this.#publishEverything();
        }
      }
    } catch (error) {
      this.#context.failed(error);
    } finally {
      this.#running = false;
    }
  }

  async #publishOpenFile(uri: string): Promise<void> {
    const { analyses, documents, workspace } = this.#context;
    const document = documents.get(uri);
    if (document === null) {
      return;
    }
    const path = workspace.pathInProgram(document.path);
    const snapshot = await analyses.snapshotOf(path);
    if (documents.get(uri) !== document) {
      return;
    }
    const started = performance.now();
    if (snapshot?.advance(path, () => performance.now() - started > OPEN_FILE_WITHIN_MS) === false)
      this.#everythingSoon(EVERYTHING_AFTER_MS);
    const diagnostics = snapshot === null ? [] : this.#diagnosticsIn(path, snapshot);
    this.#lastTook = performance.now() - started;
    this.#context.answered(this.#lastTook);
    await messagesIn();
    if (documents.get(uri) === document && !this.#disposed) {
      this.#send(document.uri, diagnostics, document);
    }
  }

  async #publishEverything(): Promise<void> {
    const { analyses, workspace, documents, encoding } = this.#context;
    const generation = this.#generation;
    const all = new Map<
      string,
      { readonly diagnostics: Diagnostic[]; readonly document: OpenDocument | null }
    >();
    for (const root of analyses.roots()) {
      const snapshot = await analyses.snapshotIn(root);
      if (this.#generation !== generation) {
        return;
      }
      if (snapshot !== null) {
        if (!(await this.#knowsAll(snapshot, generation))) {
          return;
        }
        const locator = makeLocator(snapshot, workspace, documents, encoding);
        for (const path of new Set(snapshot.found().map((finding) => finding.accesses[0].path))) {
          const diagnostics = this.#diagnosticsIn(path, snapshot, locator);
          all.set(locator.uri(path), { diagnostics, document: locator.document(path) });
        }
      }
      await messagesIn();
      // What changed meanwhile has asked for its own turn.
      if (this.#generation !== generation || this.#disposed) {
        return;
      }
    }
    for (const uri of this.#sent.keys()) {
      if (!all.has(uri)) {
        all.set(uri, { diagnostics: [], document: documents.get(uri) });
      }
    }
    for (const [uri, { diagnostics, document }] of all) {
      if (this.#sent.get(uri) !== JSON.stringify(diagnostics)) {
        this.#send(uri, diagnostics, document);
      }
    }
  }

  /** Lets the analysis come to its end; false where a change came in between. */
  async #knowsAll(snapshot: Snapshot, generation: number): Promise<boolean> {
    for (;;) {
      const started = performance.now();
      if (snapshot.advance(null, () => performance.now() - started > PIECE_MS)) {
        return true;
      }
      await messagesIn();
      if (this.#generation !== generation || this.#disposed) {
        return false;
      }
    }
  }

  #diagnosticsIn(path: string, snapshot: Snapshot, known?: Locator): Diagnostic[] {
    const { workspace, documents, encoding, helpBase } = this.#context;
    const settings = this.#context.settings();
    if (!settings.enable) {
      return [];
    }
    const locator = known ?? makeLocator(snapshot, workspace, documents, encoding);
    return snapshot
      .foundIn(path)
      .filter((finding) => isShown(finding, settings.minimumConfidence))
      .map((finding) => toDiagnostic(finding, { location: locator.location, helpBase }))
      .filter((diagnostic) => diagnostic !== null);
  }

  #send(uri: string, diagnostics: Diagnostic[], document: OpenDocument | null): void {
    if (diagnostics.length === 0 && document === null) {
      this.#sent.delete(uri);
    } else {
      this.#sent.set(uri, JSON.stringify(diagnostics));
    }
    const params = { uri, diagnostics };
    void this.#context.connection.sendDiagnostics(
      document === null ? params : { ...params, version: document.version },
    );
  }
}

/** Turns of the event loop from bytes in a pipe to the handler of the message in them: read, parse, queue, call. */
const TURNS_TO_A_HANDLER = 6;

/** Lets messages be handled that came in while the answer was computed. */
async function messagesIn(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_A_HANDLER; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
