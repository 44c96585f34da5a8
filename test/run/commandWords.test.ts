/** Command lines, package names and environments are taken apart and put together without running anything. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { splitArguments } from "../../src/cli/buildFlags.ts";
import { goFlags, shellCommands } from "../../src/cli/env.ts";
import { relativeTo } from "../../src/cli/runOutput.ts";
import { locatePackages } from "../../src/server/run/packageTarget.ts";
import { stableBinary } from "../../src/server/run/programBuild.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "maprace-test-")));
  for (const place of ["one/cmd/app", "one/fmt", "two"])
    mkdirSync(path.join(folder, place), { recursive: true });
  for (const file of ["one/go.mod", "two/go.mod", "two/main.go"]) writeFileSync(path.join(folder, file), "");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("flags of go are told from ours, with one dash or two, up to --", () => {
  expect(
    splitArguments([
      "--mode",
      "vars",
      "-tags",
      "dev,fast",
      "--ldflags=-X main.v=1 -s",
      "-trimpath",
      "./cmd",
      "--",
      "-tags",
      "x",
    ]),
  ).toEqual({
    own: ["--mode", "vars", "./cmd"],
    build: ["-tags=dev,fast", "--ldflags=-X main.v=1 -s", "-trimpath"],
    rest: ["-tags", "x"],
  });
  expect(splitArguments(["-mod", "vendor", "."])).toEqual({ own: ["."], build: ["-mod=vendor"], rest: [] });
  expect(splitArguments(["-buildvcs", "."])).toEqual({ own: ["."], build: ["-buildvcs"], rest: [] });
  expect(splitArguments(["-tags"])).toEqual({ own: [], build: ["-tags"], rest: [] });
});

test("packages of the module that the terminal stands in are built from there", () => {
  const one = path.join(folder, "one");
  expect(locatePackages(one, [])).toEqual({ buildFolder: one, patterns: ["."], base: one });
  expect(locatePackages(one, ["./cmd/app"])).toEqual({
    buildFolder: one,
    patterns: ["./cmd/app"],
    base: one,
  });
  expect(locatePackages(path.join(one, "cmd"), ["../..."]).buildFolder).toBe(path.join(one, "cmd"));
  // An import path stays one, even beside a folder of its name.
  expect(locatePackages(one, ["fmt"])).toEqual({ buildFolder: one, patterns: ["fmt"], base: one });
});

test("packages of another module are built in that module", () => {
  const two = path.join(folder, "two");
  expect(locatePackages(folder, ["./two"])).toEqual({ buildFolder: two, patterns: ["."], base: two });
  // A folder that holds Go files needs no dot before it.
  expect(locatePackages(folder, ["two"])).toEqual({ buildFolder: two, patterns: ["."], base: two });
  expect(locatePackages(folder, [two])).toEqual({ buildFolder: two, patterns: ["."], base: two });
  expect(locatePackages(folder, ["./two/..."])).toEqual({ buildFolder: two, patterns: ["./..."], base: two });
  expect(locatePackages(path.join(folder, "one"), ["../two/main.go"])).toEqual({
    buildFolder: two,
    patterns: ["./main.go"],
    base: two,
  });
  const app = path.join(folder, "one", "cmd", "app");
  expect(locatePackages(folder, ["./one/cmd/app"])).toEqual({
    buildFolder: app,
    patterns: ["."],
    base: path.join(folder, "one"),
  });
});

test("GOFLAGS keeps the user's own flags, keeps flags with spaces whole, and turns off cached test results", () => {
  expect(goFlags(["-overlay=/c/o.json"], "-mod=mod -buildvcs=false\n")).toBe(
    "-mod=mod -buildvcs=false -overlay=/c/o.json -count=1",
  );
  expect(goFlags(["-overlay=/a b/o.json", "-ldflags=-X 'main.v=1'"], "")).toBe(
    `'-overlay=/a b/o.json' "-ldflags=-X 'main.v=1'" -count=1`,
  );
  expect(() => goFlags([`-ldflags='"`], "")).toThrow(/quotes of both kinds/);
});

test("the environment is printed for the shell that reads it", () => {
  const variables = { GOFLAGS: "-overlay=/it's/o.json", GOROOT: undefined };
  expect(shellCommands(variables, false)).toBe("export GOFLAGS='-overlay=/it'\\''s/o.json'\n");
  expect(shellCommands(variables, true)).toBe("$env:GOFLAGS = '-overlay=/it''s/o.json'\n");
});

test("a package's binary has one place, however it is named, apart by mode and folder", () => {
  const place = (where: string, pattern: string, mode: "maps" | "vars" = "maps") =>
    stableBinary(folder, where, [pattern], mode);
  expect(place("/src", "./app")).toBe(place("/src/app", "."));
  expect(place("/src", "./app")).toBe(place("/elsewhere", "/src/app"));
  expect(place("/src", "./app")).not.toBe(place("/src", "./app", "vars"));
  expect(place("/src", "./app")).not.toBe(place("/copy", "./app"));
  expect(place("/src", "example.com/app")).not.toBe(place("/copy", "example.com/app"));
  const names = [place("/src", "./app"), place("/src", "example.com/app"), place("/src", "app.go")];
  expect(names.map((name) => path.basename(name).replace(".exe", ""))).toEqual(["app", "app", "app"]);
});

test("paths are relative where they lie below the folder, absolute elsewhere", () => {
  expect(relativeTo("/a/b", "/a/b/c/d.go")).toBe("c/d.go");
  expect(relativeTo("/a/b", "/a/bc/d.go")).toBe("/a/bc/d.go");
  expect(relativeTo("/a/b", "/opt/go/src/fmt/print.go")).toBe("/opt/go/src/fmt/print.go");
  expect(relativeTo("/a/b", "c/d.go")).toBe("c/d.go");
});
