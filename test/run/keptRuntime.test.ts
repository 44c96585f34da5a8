/** When an instrumented runtime of an earlier build is taken again, and when it is made anew. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { pruneCache } from "../../src/server/run/cachePruning.ts";
import { findRuntime, keepRuntime, placeOfRuntime } from "../../src/server/run/keptRuntime.ts";
import { prepareOverlay } from "../../src/server/run/overlay.ts";
import { goCommand, RUNTIME_SOURCES } from "../runtime/prepare.ts";

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const put = (name: string, text: string): string => {
  mkdirSync(path.dirname(inFolder(name)), { recursive: true });
  writeFileSync(inFolder(name), text);
  return inFolder(name);
};
const TOOLCHAIN = {
  go: "/go/bin/go",
  goroot: "/go",
  realGoroot: "/go",
  version: "go1.26.8",
  major: 1,
  minor: 26,
  goos: "linux",
  goarch: "amd64",
  hostOs: "linux",
  hostArch: "amd64",
  goflags: "",
  goexperiment: "",
  modcache: "",
  env: {},
};
const madeFrom = (): string[] => [inFolder("goroot/map.go"), inFolder("goroot/none.go")];
let place: string;
let runtime: { replaced: Record<string, string>; overlay: string; toolexec: string };

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
  put("goroot/map.go", "package maps\n");
  put("sources/version", "1");
  // Younger files are not trusted to stay.
  await sleep(2100);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  runtime = {
    replaced: { [inFolder("goroot/map.go")]: put("cache/overlay/map-1.go", "package maps // changed\n") },
    overlay: put("cache/overlay/overlay-1.json", "{}"),
    toolexec: put("cache/toolexec/1/maprace-toolexec", "program"),
  };
  place = placeOfRuntime(inFolder("cache"), inFolder("sources"), TOOLCHAIN) ?? "";
  keepRuntime(place, runtime, madeFrom());
});

test("it is taken again while nothing has changed", () => {
  expect(findRuntime(place)).toMatchObject(runtime);
});

test("another Maprace, Go or GOROOT has a place of its own", () => {
  const placeFor = (change: Partial<typeof TOOLCHAIN>): string | undefined =>
    placeOfRuntime(inFolder("cache"), inFolder("sources"), { ...TOOLCHAIN, ...change });
  put("other/version", "2");
  const places = [
    place,
    placeOfRuntime(inFolder("cache"), inFolder("other"), TOOLCHAIN),
    placeFor({ version: "go1.26.9" }),
    placeFor({ goroot: "/other" }),
    placeFor({ hostArch: "arm64" }),
  ];
  expect(new Set(places).size).toBe(5);
  // Who builds for another system gets the same files.
  expect(placeFor({ goos: "windows", goflags: "-tags=x" })).toBe(place);
});

test("a detector that is worked on is never remembered", () => {
  expect(placeOfRuntime(inFolder("cache"), inFolder("goroot"), TOOLCHAIN)).toBeUndefined();
});

test.each(["overlay/map-1.go", "overlay/overlay-1.json", "toolexec/1/maprace-toolexec"])(
  "it is made anew when %s is gone from the cache",
  (name) => {
    rmSync(inFolder(`cache/${name}`));
    expect(findRuntime(place)).toBeUndefined();
  },
);

test("it is made anew when a file of GOROOT has come", () => {
  put("goroot/none.go", "package maps\n");
  expect(findRuntime(place)).toBeUndefined();
  // And is not remembered by what that file says in its first moments.
  rmSync(place);
  keepRuntime(place, runtime, madeFrom());
  expect(findRuntime(place)).toBeUndefined();
  rmSync(inFolder("goroot/none.go"));
});

test("it is made anew when what is remembered was cut off", () => {
  writeFileSync(place, readFileSync(place, "utf8").slice(0, 40));
  expect(findRuntime(place)).toBeUndefined();
});

test("what nobody used for a month is removed", () => {
  const old = new Date(Date.now() - 40 * 86_400_000);
  utimesSync(place, old, old);
  pruneCache(inFolder("cache"));
  expect(findRuntime(place)).toBeUndefined();
});

test("it is made anew when a file of GOROOT has changed, in whatever way", () => {
  const file = inFolder("goroot/map.go");
  const { mtime, atime } = { mtime: new Date(1e12), atime: new Date(1e12) };
  // The same length, and an older time.
  writeFileSync(file, "package mapz\n");
  utimesSync(file, atime, mtime);
  expect(findRuntime(place)).toBeUndefined();
});

test("flags, buffers and overlays of the user's are not remembered with it", {
  timeout: 120_000,
}, async () => {
  const runtimeSources = inFolder("runtime");
  cpSync(RUNTIME_SOURCES, runtimeSources, { recursive: true });
  put("runtime/version", "1");
  put("module/go.mod", "module example.com/m\n\ngo 1.22\n");
  const users = (to: string): string => put("users.json", JSON.stringify({ Replace: { "a.go": to } }));
  const cacheDir = inFolder("real");
  const overlayOf = async (
    flags: string[],
    unsaved: Record<string, string>,
  ): Promise<Record<string, string>> => {
    const request = {
      go: goCommand(),
      mode: "maps",
      cwd: inFolder("module"),
      cacheDir,
      runtimeSources,
    } as const;
    const { buildArgs } = await prepareOverlay({ ...request, buildFlags: flags, unsaved });
    const file = buildArgs.find((arg) => arg.startsWith("-overlay="))?.slice("-overlay=".length) ?? "";
    return (JSON.parse(readFileSync(file, "utf8")) as { Replace: Record<string, string> }).Replace;
  };
  const first = await overlayOf([`-overlay=${users("one.go")}`], { "/b.go": "package b\n" });
  const [kept = ""] = readdirSync(path.join(cacheDir, "runtime"));
  const remembered = path.join(cacheDir, "runtime", kept);
  // A mark that only what is remembered can bear.
  const { replaced, ...rest } = JSON.parse(readFileSync(remembered, "utf8")) as typeof runtime;
  const marked = { ...replaced, "/marked.go": Object.values(replaced)[0] };
  writeFileSync(remembered, JSON.stringify({ ...rest, replaced: marked }));
  const second = await overlayOf([`-overlay=${users("two.go")}`], { "/b.go": "package b // changed\n" });
  expect(second["/marked.go"]).toBeDefined();
  const own = (replace: Record<string, string>): (string | undefined)[] => [
    replace[inFolder("module/a.go")],
    readFileSync(replace["/b.go"] ?? "", "utf8"),
  ];
  expect(own(first)).toEqual([inFolder("module/one.go"), "package b\n"]);
  expect(own(second)).toEqual([inFolder("module/two.go"), "package b // changed\n"]);
  expect(Object.keys(await overlayOf([], {}))).not.toContain("/b.go");
});
