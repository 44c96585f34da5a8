/**
 * The entries of the cache on disk: files named by the text they were made of, so none goes out of date.
 *
 * An entry carries a checksum; a damaged one counts as missing and is removed. It is written under another name
 * first, so no half of one is ever read. Who makes entries, and when, is for `syntaxCache.ts` and its worker.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { threadId } from "node:worker_threads";

/** An entry in use is marked as such once a day. */
const DAY_MS = 86_400_000;

/** What other versions left is removed when nothing was written there for this long. */
const MONTH_MS = 30 * DAY_MS;

/** Bytes of the checksum that an entry begins with; one byte after it tells whether bodies are in it. */
const CHECKSUM = 20;
const HEADER = CHECKSUM + 1;

/** The name of the entry of a text. */
export function keyOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** An entry that was read. */
interface Entry {
  readonly packed: Uint8Array;
  readonly bodies: boolean;
}

/** An entry, or null where there is none or a damaged one, which is removed. */
export function readEntry(folder: string, key: string): Entry | null {
  const path = join(folder, key);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return null; // it was not made yet, or the folder cannot be read: parsing does as well
  }
  const content = bytes.subarray(CHECKSUM);
  if (!createHash("sha1").update(content).digest().equals(bytes.subarray(0, CHECKSUM))) {
    rmSync(path, { force: true });
    return null;
  }
  markUsed(path);
  return { packed: bytes.subarray(HEADER), bodies: content[0] === 1 };
}

/** Writes an entry. Throws where the folder cannot be written. */
export function writeEntry(folder: string, key: string, packed: Uint8Array, bodies: boolean): void {
  const bytes = new Uint8Array(HEADER + packed.length);
  bytes[CHECKSUM] = bodies ? 1 : 0;
  bytes.set(packed, HEADER);
  bytes.set(createHash("sha1").update(bytes.subarray(CHECKSUM)).digest());
  const whole = join(folder, key);
  const part = `${whole}.${process.pid}-${threadId}`;
  try {
    writeFileSync(part, bytes);
    renameSync(part, whole);
  } catch (error) {
    rmSync(part, { force: true });
    // Windows lets nobody replace a file that another process reads: that process has made the same entry.
    if (!existsSync(whole)) throw error;
  }
}

/** What was used longest ago goes first when the folder grows too large. */
function markUsed(path: string): void {
  const now = Date.now();
  try {
    if (now - statSync(path).mtimeMs > DAY_MS) utimesSync(path, now / 1000, now / 1000);
  } catch {
    // Removed meanwhile by another process that shares the folder.
  }
}

/** Where a folder holds more than `most` bytes, removes the entries used longest ago until a quarter is free. */
export function removeOldest(folder: string, most: number): void {
  const entries = readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, size: stat.size, used: stat.mtimeMs }];
  });
  let total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total <= most) return;
  for (const { path, size } of entries.sort((a, b) => a.used - b.used)) {
    if (total <= most * 0.75) return;
    rmSync(path, { force: true });
    total -= size;
  }
}

/** Removes what other versions left beside `folder` and have not written to for a month. */
export function removeOtherVersions(folder: string): void {
  const storage = dirname(folder);
  for (const name of readdirSync(storage)) {
    const path = join(storage, name);
    if (!/^syntax-[0-9a-f]{12}$/.test(name) || path === folder) continue;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > MONTH_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
