/**
 * The worker that makes the entries of the cache (`syntaxCache.ts`): reads files, parses them, writes what it found,
 * and keeps the folder within bounds. It ends by itself when nothing is left to do.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { createPacker, type Packer } from "../core/core.ts";
import { withoutMark } from "./sourceFiles.ts";
import type { WantedEntry, WorkerFailure, WorkerStart } from "./syntaxCache.ts";
import { keyOf, readEntry, removeOldest, removeOtherVersions, writeEntry } from "./syntaxEntries.ts";

/** The folder may hold this much; when it holds more, the entries used longest ago go until a quarter is free. */
const MOST_BYTES = 256 * 1024 * 1024;

/** A worker without work waits this long for more. */
const LINGER_MS = 2_000;

const { folder, modules } = workerData as WorkerStart;
const queue: WantedEntry[] = [];
let awake: (() => void) | null = null;
parentPort?.on("message", (wanted: readonly WantedEntry[]) => {
  queue.push(...wanted);
  awake?.();
});

try {
  mkdirSync(folder, { recursive: true });
  const packer = await createPacker(modules);
  do {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      makeEntry(packer, next);
      // More may have been asked for; in the meantime the asker goes on.
      await new Promise((done) => setImmediate(done));
    }
  } while (await moreArrives());
  removeOldest(folder, MOST_BYTES);
  removeOtherVersions(folder);
} catch (error) {
  const failure: WorkerFailure = { failure: error instanceof Error ? error.message : String(error) };
  parentPort?.postMessage(failure);
} finally {
  parentPort?.close();
}

function makeEntry(packer: Packer, { path, bodies }: WantedEntry): void {
  let text: string;
  try {
    text = withoutMark(readFileSync(path, "utf8"));
  } catch {
    return; // a buffer that is on no disk yet, or a file that went away
  }
  const key = keyOf(text);
  const known = readEntry(folder, key);
  if (known !== null && (known.bodies || !bodies)) return;
  writeEntry(folder, key, packer.pack(text, bodies), bodies);
}

/** Waits for more work; false when none came. */
async function moreArrives(): Promise<boolean> {
  if (queue.length > 0) return true;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, LINGER_MS);
    awake = () => {
      clearTimeout(timer);
      done();
    };
  });
  awake = null;
  return queue.length > 0;
}
