/**
 * Reads the stream of a watched program while the program writes it. The stream is a regular file of JSON
 * Lines (one record of protocol.ts a line, with the `pid` of its writer), so a slow reader never holds the
 * program back. Decides what a line is; what the records mean together is the ledger's business.
 */
import { type FileHandle, open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import type { Conflict, MapMix, RunEnd, RunRecord, RunStart } from "../../protocol.ts";

/** At the end of a process: how often it saw a Conflict that it had reported at once. */
export interface ConflictCount {
  readonly type: "count";
  readonly id: number;
  readonly count: number;
}

/** A record as a program writes it: it knows nothing of exit statuses, and says which process it came from. */
export type StreamRecord = (
  | RunStart
  | Conflict
  | ConflictCount
  | MapMix
  | Omit<RunEnd, "exitCode" | "death" | "truncated">
) & { readonly pid: number };

/**
 * What {@link parseRecordLine} makes of a line: a record (from a program, or from a recording that `--out`
 * made, which knows no processes), a record of a kind we do not know, or no record.
 */
export type ParsedLine =
  | { readonly kind: "record"; readonly record: StreamRecord | RunRecord }
  | { readonly kind: "unknown"; readonly type: string }
  | { readonly kind: "broken" };

const POLL_MILLISECONDS = 40;
const CHUNK_BYTES = 64 * 1024;

/** Reads one line of a stream. Unknown kinds are told apart from damage: a newer writer may add kinds. */
export function parseRecordLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: "broken" };
  }
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") {
    return { kind: "broken" };
  }
  const type = value.type;
  const complete =
    type === "start"
      ? has(value, "mode", "string") && has(value, "hooks", "number")
      : type === "conflict"
        ? has(value, "id", "number") &&
          "accesses" in value &&
          hasTwo(value.accesses) &&
          has(value, "map", "object")
        : type === "count"
          ? has(value, "id", "number") && has(value, "count", "number")
          : type === "map"
            ? has(value, "id", "string") && has(value, "map", "object")
            : type === "end"
              ? has(value, "dropped", "number")
              : undefined;
  if (complete === undefined) return { kind: "unknown", type };
  if (!complete) return { kind: "broken" };
  // The fields that the ledger relies on were looked at above; the rest is only shown.
  return { kind: "record", record: value as StreamRecord | RunRecord };
}

/** Whether a record comes from a program itself, which says in every record which process it is. */
export function isFromProgram(record: StreamRecord | RunRecord): record is StreamRecord {
  return "pid" in record && typeof record.pid === "number";
}

function has(value: object, key: string, type: "string" | "number" | "object"): boolean {
  const field = (value as Record<string, unknown>)[key];
  return typeof field === type && field !== null;
}

function hasTwo(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2;
}

/** Follows a file that others append to, line by line. Owns the file handle and its timer until `finish`. */
export class LineFollower {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #handle: FileHandle | undefined;
  #position = 0;
  #partial = "";
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #finished = false;

  /** @param onLine gets every complete line, without its newline, in order. */
  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path;
    this.#onLine = onLine;
  }

  /** Starts following. The file need not exist yet. */
  start(): void {
    this.#timer = setTimeout(() => {
      this.#reading = this.#readNew().finally(() => {
        if (!this.#finished) this.start();
      });
      // Read errors reach the caller of finish(), who awaits this same promise.
      this.#reading.catch(() => {});
    }, POLL_MILLISECONDS);
  }

  /**
   * Reads what is left and closes the file. Rejects when the file could not be read.
   * @returns the incomplete last line, empty when the writer ended with a newline.
   */
  async finish(): Promise<string> {
    this.#finished = true;
    clearTimeout(this.#timer);
    try {
      await this.#reading;
      await this.#readNew();
    } finally {
      await this.#handle?.close();
      this.#handle = undefined;
    }
    return this.#partial + this.#decoder.end();
  }

  async #readNew(): Promise<void> {
    if (!this.#handle) {
      try {
        this.#handle = await open(this.#path, "r");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
        throw error;
      }
    }
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      const lines = (this.#partial + this.#decoder.write(chunk.subarray(0, bytesRead))).split("\n");
      this.#partial = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    }
  }
}
