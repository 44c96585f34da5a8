/** What of the cache folder is removed, and what is left alone. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepInUse, pruneCache, touch } from "../../src/server/run/cachePruning.ts";

const DAY = 86_400_000;
const GIGABYTE = 1024 ** 3;
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** Puts a file into the cache that was last used some days ago. */
function put(name: string, days: number, content = ""): string {
  const file = path.join(cache, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  const time = new Date(Date.now() - days * DAY);
  utimesSync(file, time, time);
  return file;
}

/** The same with a size on paper. */
function putLarge(name: string, days: number, bytes: number): string {
  const file = put(name, days);
  truncateSync(file, bytes);
  const time = new Date(Date.now() - days * DAY);
  utimesSync(file, time, time);
  return file;
}

test("binaries go by age", () => {
  const old = put("bin/aa/maps/app", 40);
  const young = put("bin/bb/maps/app", 20);
  const oneModeYoung = [put("bin/cc/maps/app", 40), put("bin/cc/vars/app", 2)];
  pruneCache(cache);
  expect([old, young, ...oneModeYoung].map(existsSync)).toEqual([false, true, true, true]);
  expect(readdirSync(path.join(cache, "bin")).sort()).toEqual(["bb", "cc"]);
});

test("and by size, the longest unused first, but none that was used today", () => {
  const oldest = putLarge("bin/aa/maps/app", 9, GIGABYTE);
  const older = putLarge("bin/bb/maps/app", 5, GIGABYTE);
  const today = putLarge("bin/cc/maps/app", 0, 3 * GIGABYTE);
  pruneCache(cache);
  expect([oldest, older, today].map(existsSync)).toEqual([false, false, true]);
});

test("one that a living Maprace runs stays, one that a dead one ran does not", () => {
  const running = put("bin/aa/maps/app", 40);
  keepInUse(path.join(cache, "bin/aa"));
  const ended = put("bin/bb/maps/app", 40);
  put("bin/bb/in-use-999999999", 40);
  pruneCache(cache);
  expect([running, ended].map(existsSync)).toEqual([true, false]);
});

test("an overlay that was read lately keeps all its files", () => {
  const shared = put("overlay/map-1.go", 90);
  const own = put("overlay/map-2.go", 90);
  const fresh = put("overlay/map-3.go", 0);
  const list = (...files: string[]): string =>
    JSON.stringify({ Replace: Object.fromEntries(files.map((file) => [`/goroot/${file}`, file])) });
  const young = put("overlay/overlay-1.json", 3, list(shared));
  const old = put("overlay/overlay-2.json", 50, list(shared, own));
  const program = put("toolexec/aa/maprace-toolexec", 50);
  pruneCache(cache);
  expect([shared, own, fresh, young, old, program].map(existsSync)).toEqual([
    true,
    false,
    true,
    true,
    false,
    false,
  ]);
  // Looking at a list is no use of it.
  pruneCache(cache, Date.now() + 29 * DAY);
  expect(existsSync(young)).toBe(false);
});

test("once a day is enough, and what is used is young again", () => {
  pruneCache(cache);
  const old = put("bin/aa/maps/app", 40);
  pruneCache(cache);
  expect(existsSync(old)).toBe(true);
  expect(touch(old)).toBe(true);
  expect(touch(path.join(cache, "nothing"))).toBe(false);
  pruneCache(cache, Date.now() + 2 * DAY);
  expect(existsSync(old)).toBe(true);
});
