/**
 * Where the records of a run go: text on stderr (stdout stays the program's own), JSON Lines on stdout, or
 * one HTML page; and the recording that `--out` asks for. Decides the shape of the output and which paths
 * are made relative; the run itself is left to run.ts.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import type { Conflict, ConflictAccess, RunEnd, RunRecord } from "../protocol.ts";
import { withFramePaths } from "../server/run/framePaths.ts";
import { RunProblem } from "../server/run/problem.ts";
import { conflictText, count, endText, inColour, plain } from "./conflictText.ts";
import { timelinePage } from "./timelinePage.ts";

export type RunFormat = "text" | "json" | "html";

/** Takes the records of one run and shows them. */
export interface RunOutput {
  record(record: RunRecord): void;
  /** Writes what can only be written at the end. Throws a {@link RunProblem} when a file could not be written. */
  finish(): void;
}

/** What output depends on. */
export interface OutputOptions {
  readonly format: RunFormat;
  /** The file that `--out` names: the recording, or the page when the format is html. */
  readonly out: string | undefined;
  /** Paths below this folder are printed relative to it. */
  readonly base: string;
  /** What ran, for the page's title. */
  readonly title: string;
  /** The folder with the page's script and style. */
  readonly assets: string;
  /** Whether records hold keys as they are; these are shown, but never kept in a file that people share. */
  readonly showsKeys: boolean;
}

/** Opens the output; throws a {@link RunProblem} at once when `out` cannot be written. */
export function openRunOutput(options: OutputOptions): RunOutput {
  const file = options.out === undefined ? undefined : openFile(options.out);
  const conflicts = new Map<number, Conflict>();
  const printed = new Map<number, Conflict>();
  const others: RunRecord[] = [];
  const paint = process.stderr.isTTY && !process.env.NO_COLOR ? inColour : plain;

  const shareable = (record: RunRecord): RunRecord => (options.showsKeys ? withoutKeys(record) : record);

  const line = (record: RunRecord): void => {
    if (file && options.format !== "html") file.write(`${JSON.stringify(shareable(record))}\n`);
    if (options.format === "json") writeStdout(`${JSON.stringify(record)}\n`);
  };

  /** Conflicts that are not as they were printed (their count grew) are printed again, once, before the end. */
  const grown = (): void => {
    for (const conflict of conflicts.values()) {
      if (printed.get(conflict.id) !== conflict) line(conflict);
    }
  };

  const text = (record: RunRecord, isNew: boolean): void => {
    if (record.type === "conflict" && isNew) process.stderr.write(conflictText(record, paint));
    if (record.type !== "end") return;
    const mixes = others.filter((other) => other.type === "map");
    process.stderr.write(endText(record, [...conflicts.values()], mixes, paint));
  };

  return {
    record(absolute) {
      const record = withFramePaths(absolute, (name) => relativeTo(options.base, name));
      const isNew = record.type !== "conflict" || !conflicts.has(record.id);
      if (record.type === "conflict") conflicts.set(record.id, record);
      else others.push(record);
      if (record.type === "end") grown();
      if (isNew) {
        line(record);
        if (record.type === "conflict") printed.set(record.id, record);
      }
      if (options.format === "text") text(record, isNew);
    },
    finish() {
      if (options.format === "html") {
        const end = others.filter((record): record is RunEnd => record.type === "end");
        const rest = others.filter((record) => record.type !== "end");
        const records = [...rest, ...conflicts.values(), ...end].map(shareable);
        const page = timelinePage(records, options.title, options.assets);
        if (file) file.write(page);
        else writeStdout(page);
      }
      file?.close();
      if (options.out !== undefined)
        process.stderr.write(whereText(options.format, options.out, conflicts.size));
    },
  };
}

/** Tells a person what `--out` wrote; whoever reads JSON named the file himself. */
function whereText(format: RunFormat, out: string, conflicts: number): string {
  const found = conflicts === 0 ? "no conflict" : count(conflicts, "conflict");
  if (format === "html") return `maprace: ${found}. Open ${out} in a browser to see the timeline.\n`;
  return format === "text" ? `maprace: recorded. To see it again: maprace open ${out}\n` : "";
}

/** A record without the keys of maps, which may be session tokens. */
function withoutKeys(record: RunRecord): RunRecord {
  if (record.type !== "conflict") return record;
  const bare = ({ key: _key, ...access }: ConflictAccess): ConflictAccess => access;
  return { ...record, accesses: [bare(record.accesses[0]), bare(record.accesses[1])] };
}

/** `file` relative to `base` where it lies in it, else as it is; with forward slashes. */
export function relativeTo(base: string, file: string): string {
  if (!path.isAbsolute(file)) return file;
  const relative = path.relative(base, file);
  const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return (inside ? relative : file).replaceAll("\\", "/");
}

function writeStdout(text: string): void {
  // A pipe that was closed at the other end takes nothing more.
  if (process.stdout.writable) process.stdout.write(text);
}

interface OutFile {
  write(text: string): void;
  close(): void;
}

/** A file that is written synchronously, so that a recording is whole up to the moment we are killed. */
function openFile(name: string): OutFile {
  let descriptor: number;
  try {
    descriptor = openSync(name, "w");
  } catch (error) {
    throw new RunProblem(
      `The file ${name} cannot be written (${reason(error)}). Name another file with --out.`,
      "",
      {
        cause: error,
      },
    );
  }
  let failure: unknown;
  return {
    write(text) {
      // After a failed write the rest would leave a hole in the middle: stop, and say so at the end.
      if (failure !== undefined) return;
      try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      } catch (error) {
        failure = error;
      }
    },
    close() {
      closeSync(descriptor);
      if (failure === undefined) return;
      throw new RunProblem(
        `The file ${name} is incomplete (${reason(failure)}). Make room or name another file with --out, then run again.`,
        "",
        { cause: failure },
      );
    },
  };
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const words: Record<string, string> = {
    ENOSPC: "no space is left on the disk",
    EACCES: "permission denied",
    ENOENT: "its folder does not exist",
    EISDIR: "it is a folder",
    EROFS: "the file system is read-only",
  };
  return words[code ?? ""] ?? code ?? String(error);
}
