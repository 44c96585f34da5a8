/** The ways of handing a map over, and those that order nothing, in a program for Windows: `npm test -- windows`. */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectReported, expectSilent, listCases } from "./handOverCases.ts";
import { buildWatched, scratchFolder } from "./prepare.ts";
import { WindowsPlace } from "./windowsProgram.ts";

const { folder, remove } = scratchFolder();
const program = path.join(folder, "program.exe");
let windows: WindowsPlace;
let cases: ReturnType<typeof listCases>;

beforeAll(async () => {
  const wine = process.env.WINE;
  if (!wine) throw new Error("These tests need Wine: `npm test -- windows` installs it and runs them.");
  windows = new WindowsPlace(wine, folder);
  await buildWatched(path.join(import.meta.dirname, "fixtures/program"), program, {
    cacheDir: path.join(folder, "cache"),
    env: { GOOS: "windows", GOARCH: "amd64" },
  });
  cases = listCases(windows.run(program, []).process.stdout);
});

afterAll(() => {
  windows?.end();
  remove();
});

// Windows has sockets with a file's name, Wine has not.
const isPossible = (name: string): boolean => !name.includes("Unix socket");

test("every way of handing over is silent", () => {
  for (const name of cases.silent.filter(isPossible)) expectSilent(name, windows.run(program, [name]));
});

test("everything that orders nothing is reported", () => {
  for (const name of cases.reported.filter(isPossible)) expectReported(name, windows.run(program, [name]));
});

test("a program that dies of the runtime's own check has reported before, every time", () => {
  for (let run = 0; run < 10; run++) {
    const { process, conflicts } = windows.run(program, ["dies of concurrent map writes"]);
    expect(process.stderr).toContain("fatal error: concurrent map");
    expect(process.status).toBe(2);
    expect(conflicts.length).toBeGreaterThan(0);
  }
});
