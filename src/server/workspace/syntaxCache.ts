/**
 * What parsing found in files, kept on disk from one start to the next, so that a file that was read before is not
 * parsed again.
 *
 * Entries (`syntaxEntries.ts`) lie in a folder named by the versions of this product and of the parser: what
 * another version wrote is never read. They are made by a worker (`syntaxWorker.ts`) while the first start goes on;
 * how large the folder may grow is for the worker.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { PACKED_FORMAT, type ParserModules } from "../core/core.ts";
import { keyOf, readEntry } from "./syntaxEntries.ts";

export interface SyntaxCacheOptions {
  /** Where the cache may lie; a folder of its own is made in it. */
  readonly storage: string;
  /** The version of the product. */
  readonly version: string;
  readonly modules: ParserModules;
  /** The bundle of `syntaxWorker.ts`. */
  readonly worker: string;
}

/** What the worker is started with. */
export interface WorkerStart {
  /** The folder of the entries. */
  readonly folder: string;
  readonly modules: ParserModules;
}

/** A file that the worker should make an entry of. */
export interface WantedEntry {
  readonly path: string;
  /** Whether the bodies of its functions are wanted as well. */
  readonly bodies: boolean;
}

/** What the worker says when it cannot write: the reason. */
export interface WorkerFailure {
  readonly failure: string;
}

/** Reads entries and has missing ones made. Dispose it to end its worker. */
export class SyntaxCache {
  readonly #options: SyntaxCacheOptions;
  readonly #folder: string;
  /** Files whose entries were asked for, by path, in the order in which the worker should make them. */
  #waiting: WantedEntry[] = [];
  readonly #wanted = new Set<string>();
  #worker: Worker | null = null;
  #failure: string | null = null;

  constructor(options: SyntaxCacheOptions) {
    this.#options = options;
    this.#folder = syntaxFolder(options);
  }

  /** Where the cache lies. */
  get storage(): string {
    return this.#options.storage;
  }

  /** Why entries cannot be made, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Names files that will be read whole, in about the order in which they will be. Where the first of them has no
   * entry, the worker starts with the last, and meets the reader half way.
   */
  expect(paths: readonly string[]): void {
    for (const path of [...paths].reverse()) this.#want(path, true);
  }

  /** Reads what was packed of a text; null where it is not there, and then the worker is asked to make it. */
  reader(path: string, text: string): () => Uint8Array | null {
    const key = keyOf(text);
    return () => {
      const found = readEntry(this.#folder, key);
      if (found === null) {
        this.#want(path, false);
        this.#send();
      }
      return found?.packed ?? null;
    };
  }

  dispose(): void {
    void this.#worker?.terminate();
    this.#worker = null;
    this.#failure = "The cache is closed.";
  }

  #want(path: string, bodies: boolean): void {
    if (this.#wanted.has(path)) return;
    this.#wanted.add(path);
    this.#waiting.push({ path, bodies });
  }

  #send(): void {
    if (this.#failure !== null || this.#waiting.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#waiting);
    this.#waiting = [];
  }

  #start(): Worker {
    const start: WorkerStart = { folder: this.#folder, modules: this.#options.modules };
    const worker = new Worker(this.#options.worker, { workerData: start });
    worker.unref();
    worker.on("message", ({ failure }: WorkerFailure) => {
      this.#failure ??= failure;
    });
    worker.on("error", (error) => {
      this.#failure ??= error.message;
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = null;
    });
    return worker;
  }
}

/** The folder of the entries that these versions can read. */
function syntaxFolder({ storage, version, modules }: SyntaxCacheOptions): string {
  const versions = createHash("sha1")
    .update(`${version} ${PACKED_FORMAT} `)
    .update(modules.treeSitterWasm)
    .update(modules.goWasm);
  return join(storage, `syntax-${versions.digest("hex").slice(0, 12)}`);
}
