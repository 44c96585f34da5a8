/**
 * Direct calls of sync/atomic in modules of the module cache, whose files no overlay may replace: they order
 * what they order, and leave no other trace.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWatched, goCommand, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const FIXTURES = path.join(import.meta.dirname, "fixtures");
const DEPENDENT = path.join(FIXTURES, "dependent");
const { folder, remove } = scratchFolder();
const stream = path.join(folder, "stream.jsonl");
const modules = path.join(folder, "modules");
const env = { GOMODCACHE: modules, GOFLAGS: "", GOPROXY: "off" };

beforeAll(() => {
  // As the go command leaves a module that it has downloaded.
  cpSync(path.join(FIXTURES, "published"), path.join(modules, "example.com/published@v1.0.0"), {
    recursive: true,
  });
  const download = path.join(modules, "cache/download/example.com/published/@v");
  mkdirSync(download, { recursive: true });
  writeFileSync(path.join(download, "v1.0.0.info"), '{"Version":"v1.0.0"}');
  cpSync(path.join(FIXTURES, "published/go.mod"), path.join(download, "v1.0.0.mod"));
  writeFileSync(path.join(download, "v1.0.0.ziphash"), "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
});
afterAll(remove);

test.each(["maps", "vars"] as const)("mode %s", { timeout: 10 * MINUTES }, async (mode) => {
  const program = path.join(folder, mode);
  await buildWatched(DEPENDENT, program, { mode, env, cacheDir: path.join(folder, "cache") });
  for (const name of ["pointer", "spin lock", "value"]) {
    const { process, conflicts, records } = runWatched(program, [name], stream);
    expect(process.status, `${name}: ${process.stderr}`).toBe(0);
    expect(conflicts, name).toEqual([]);
    expect(records.at(-1), name).toMatchObject({ type: "end", dropped: 0 });
  }
  expect(runWatched(program, ["none"], stream).conflicts.length).toBeGreaterThan(0);

  // Texts, places and a hidden name are as without us.
  const plain = path.join(folder, "plain");
  const built = spawnSync(goCommand(), ["build", "-o", plain, "."], {
    cwd: DEPENDENT,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  expect(built.status, built.stderr).toBe(0);
  const said = (file: string): string => spawnSync(file, { encoding: "utf8" }).stdout;
  expect(said(plain)).toContain(path.join("published@v1.0.0", "published.go:35"));
  expect(said(program)).toBe(said(plain));
});
