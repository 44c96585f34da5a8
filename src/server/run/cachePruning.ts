/**
 * Keeps Maprace's cache folder from growing: decides which binaries, overlays and helper programs of earlier
 * runs are removed. What is in use, or was lately, stays; several Maprace processes may do this at once. What is
 * kept there, and under which names, is decided by programBuild.ts, overlay.ts, keptRuntime.ts and toolexec.ts.
 */
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
import path from "node:path";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** What nobody used for this long is removed. */
const MOST_AGE = 30 * DAY;
/** Binaries beyond this many bytes are removed, those that were used longest ago first, */
const MOST_BYTES = 2 * 1024 ** 3;
/** but none that was used this lately. */
const LATELY = DAY;

/**
 * Says that a cached file is used now.
 * @returns false when it is not there.
 */
export function touch(file: string): boolean {
  try {
    // Once an hour is enough to tell it from what is old.
    if (Date.now() - statSync(file).mtimeMs > HOUR) utimesSync(file, new Date(), new Date());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

const IN_USE = "in-use-";
const marks = new Set<string>();
process.on("exit", () => {
  for (const mark of marks) rmSync(mark, { force: true });
});

/** Keeps what lies in a folder of binaries from being removed as long as this process lives. */
export function keepInUse(place: string): void {
  const mark = path.join(place, `${IN_USE}${process.pid}`);
  writeFileSync(mark, "");
  marks.add(mark);
}

/** Removes what is old from the cache folder, once a day at most. */
export function pruneCache(cacheDir: string, now = Date.now()): void {
  const stamp = path.join(cacheDir, "pruned");
  const last = usedAt(stamp);
  if (last !== undefined && now - last < DAY) return;
  writeFileSync(stamp, "");
  utimesSync(stamp, new Date(now), new Date(now));
  pruneBinaries(path.join(cacheDir, "bin"), now);
  for (const place of entries(path.join(cacheDir, "toolexec"))) {
    if (isOlder(newest(place), MOST_AGE, now)) remove(place, newest, now);
  }
  for (const file of entries(path.join(cacheDir, "runtime"))) {
    if (isOlder(usedAt(file), MOST_AGE, now)) remove(file, usedAt, now);
  }
  pruneOverlays(path.join(cacheDir, "overlay"), now);
}

function pruneBinaries(folder: string, now: number): void {
  const places = entries(folder)
    .map((place) => ({ place, used: newest(place), bytes: size(place) }))
    .filter(({ place }) => !isInUse(place))
    .sort((a, b) => (a.used ?? 0) - (b.used ?? 0));
  let bytes = places.reduce((sum, place) => sum + place.bytes, 0);
  for (const { place, used, bytes: own } of places) {
    if (!isOlder(used, bytes > MOST_BYTES ? LATELY : MOST_AGE, now)) continue;
    remove(place, newest, now);
    bytes -= own;
  }
}

/** An overlay is as old as its list; the files that it names live as long as one that names them. */
function pruneOverlays(folder: string, now: number): void {
  const needed = new Set<string>();
  for (const file of entries(folder)) {
    if (!file.endsWith(".json")) continue;
    if (isOlder(usedAt(file), MOST_AGE, now)) remove(file, usedAt, now);
    else for (const name of filesNamedIn(file)) needed.add(path.resolve(name));
  }
  for (const file of entries(folder)) {
    const isList = file.endsWith(".json");
    if (!isList && !needed.has(path.resolve(file)) && isOlder(usedAt(file), LATELY, now)) {
      remove(file, usedAt, now);
    }
  }
}

function filesNamedIn(overlay: string): string[] {
  try {
    const { atime, mtime } = statSync(overlay);
    const { Replace } = JSON.parse(readFileSync(overlay, "utf8")) as { Replace?: Record<string, string> };
    // That it was read here is no use of it.
    utimesSync(overlay, atime, mtime);
    return Object.values(Replace ?? {});
  } catch {
    // Removed meanwhile, or cut off by a full disk: it names nothing that can be built.
    return [];
  }
}

/** Whether a living Maprace runs what lies in a folder. */
function isInUse(place: string): boolean {
  return entries(place).some((file) => {
    const name = path.basename(file);
    return name.startsWith(IN_USE) && isAlive(Number(name.slice(IN_USE.length)));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isOlder(used: number | undefined, age: number, now: number): boolean {
  return used !== undefined && now - used > age;
}

/** When a file was written or read last (reading is noted once a day by most systems); undefined when it is gone. */
function usedAt(file: string): number | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && Math.max(stat.mtimeMs, stat.atimeMs);
}

/** When a file beneath a folder was used last; an empty folder is as old as it is. */
function newest(folder: string): number | undefined {
  const times = files(folder).flatMap((file) => usedAt(file) ?? []);
  return times.length > 0 ? Math.max(...times) : statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
}

function size(folder: string): number {
  return files(folder).reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

/**
 * Takes an entry out of the way first and looks again: another Maprace that began to use it just now touched it,
 * and gets it back.
 */
function remove(entry: string, used: (entry: string) => number | undefined, now: number): void {
  const aside = `${entry}.removed-${process.pid}`;
  try {
    const before = used(entry);
    renameSync(entry, aside);
    if (used(aside) !== before && now - (used(aside) ?? 0) < LATELY) renameSync(aside, entry);
    else rmSync(aside, { recursive: true, force: true });
  } catch {
    // In use on a system that keeps what is in use, or removed by another Maprace: there is another day.
  }
}
