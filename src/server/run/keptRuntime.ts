/**
 * Remembers what an instrumented runtime came to, so that the next build on it only looks it up. Decides when
 * what is remembered still holds: for the same Maprace and GOROOT, as long as every file of GOROOT that it was
 * made from, or looked for in vain, is as it was. How it is made is overlay.ts.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { touch } from "./cachePruning.ts";
import type { Toolchain } from "./toolchain.ts";

/** An instrumented runtime in the cache folder. All paths are absolute. */
export interface InstrumentedRuntime {
  /** Files of GOROOT, and what stands in their place. */
  readonly replaced: Readonly<Record<string, string>>;
  /** The program that stands before the compiler. */
  readonly toolexec: string;
}

interface Kept extends InstrumentedRuntime {
  /** The overlay that the program was built with: it keeps the replacing files from being pruned. */
  readonly overlay: string;
  /** How the files of GOROOT looked that this was made from. */
  readonly madeFrom: Readonly<Record<string, string>>;
}

/** Files that changed this lately (milliseconds) may change again without looking different. */
const SETTLED = 2000;

/**
 * Where the runtime for a toolchain is remembered; undefined when the detector's sources have no version, because
 * they are worked on.
 * @param sources the folder with the detector's Go files; `version` in it is written by the build of Maprace.
 */
export function placeOfRuntime(cacheDir: string, sources: string, toolchain: Toolchain): string | undefined {
  const version = textOf(path.join(sources, "version"));
  if (version === undefined) return undefined;
  const { goroot, hostOs, hostArch } = toolchain;
  const key = [version, toolchain.version, goroot, hostOs, hostArch].join("\n");
  const name = createHash("sha256").update(key).digest("hex").slice(0, 16);
  return path.join(cacheDir, "runtime", `${name}.json`);
}

/** The remembered runtime, all of whose files are said to be used; undefined when it is to be made anew. */
export function findRuntime(place: string): InstrumentedRuntime | undefined {
  const text = textOf(place);
  if (text === undefined) return undefined;
  let kept: Kept;
  try {
    kept = JSON.parse(text) as Kept;
  } catch {
    // Cut off by a full disk; it will be written again.
    return undefined;
  }
  for (const [file, look] of Object.entries(kept.madeFrom)) if (lookOf(file) !== look) return undefined;
  const files = [place, kept.overlay, kept.toolexec, ...Object.values(kept.replaced)];
  return files.every(touch) ? kept : undefined;
}

/**
 * Remembers a runtime that was made just now.
 * @param madeFrom the files of GOROOT that were read or looked for.
 */
export function keepRuntime(
  place: string,
  runtime: InstrumentedRuntime & { readonly overlay: string },
  madeFrom: readonly string[],
): void {
  const looks: Record<string, string> = {};
  for (const file of madeFrom) {
    const changed = statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;
    if (Date.now() - changed < SETTLED) return;
    looks[file] = lookOf(file);
  }
  const kept: Kept = { ...runtime, madeFrom: looks };
  mkdirSync(path.dirname(place), { recursive: true });
  const temporary = `${place}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(kept));
  renameSync(temporary, place);
}

function lookOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "absent" : `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}`;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
