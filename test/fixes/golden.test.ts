/**
 * Every Fix against its fixtures: `before/` holds a package, `fixture.json` names its map, `after-KIND/` what a
 * Fix makes of it and `refused` why others cannot be made. `UPDATE_EXPECT=1` writes what is made now; look at it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { FixKind } from "../../src/server/core/finding.ts";
import type { Program } from "../../src/server/core/types/types.ts";
import { kindsFor, mapNamed, programIn, rewritten } from "./rewriting.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const KINDS: readonly FixKind[] = ["rwmutex", "sync-map", "atomic", "snapshot", "sharded", "channel"];
const UPDATE = process.env.UPDATE_EXPECT === "1";

interface Fixture {
  readonly map: string;
  readonly refused: Partial<Record<FixKind, string>>;
}

const folders = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
let program: Program;

beforeAll(async () => {
  program = await programIn(FIXTURES);
}, 60_000);

describe.each(folders)("%s", (folder) => {
  const path = join(FIXTURES, folder, "fixture.json");
  const fixture = JSON.parse(readFileSync(path, "utf8")) as Fixture;

  test("each kind is made or refused as expected", () => {
    const pkg = program.packages.find((p) => p.path === `example.com/fixtures/${folder}/before`)!;
    const map = mapNamed(pkg, fixture.map);
    const refused: Partial<Record<FixKind, string>> = {};
    for (const kind of KINDS) {
      const made = rewritten(program, map, kind);
      if (typeof made === "string") refused[kind] = made;
      if (UPDATE) update(folder, kind, made);
      else if (typeof made !== "string") expect(filesOf(made)).toEqual(expectedFiles(folder, kind));
    }
    if (UPDATE) writeFileSync(path, `${JSON.stringify({ map: fixture.map, refused }, null, 2)}\n`);
    else expect(refused).toEqual(fixture.refused);
    expect(kindsFor(program, map)).toEqual(KINDS.filter((kind) => refused[kind] === undefined));
  });
});

test("what is made compiles, and vet has nothing to say", () => {
  execFileSync("go", ["vet", "./..."], { cwd: FIXTURES, stdio: "pipe" });
}, 120_000);

test("what is made is formatted as gofmt would", () => {
  const unformatted = execFileSync("gofmt", ["-l", "."], { cwd: FIXTURES, encoding: "utf8" });
  // gofmt writes line feeds alone, so it names every file that has carriage returns.
  expect(
    unformatted.split("\n").filter((file) => file !== "" && !file.startsWith("carriageReturns")),
  ).toEqual([]);
});

function filesOf(made: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...made].map(([path, text]) => [basename(path), text]));
}

function expectedFiles(folder: string, kind: FixKind): Record<string, string> {
  const after = join(FIXTURES, folder, `after-${kind}`);
  if (!existsSync(after)) return {};
  const changed = readdirSync(after).filter(
    (file) => readFileSync(join(after, file), "utf8") !== before(folder, file),
  );
  return Object.fromEntries(changed.map((file) => [file, readFileSync(join(after, file), "utf8")]));
}

function before(folder: string, file: string): string {
  return readFileSync(join(FIXTURES, folder, "before", file), "utf8");
}

/** Writes all files of a fixed package, so that the compiler can judge it. */
function update(folder: string, kind: FixKind, made: ReadonlyMap<string, string> | string): void {
  const after = join(FIXTURES, folder, `after-${kind}`);
  rmSync(after, { recursive: true, force: true });
  if (typeof made === "string") return;
  mkdirSync(after);
  for (const file of readdirSync(join(FIXTURES, folder, "before"))) {
    const text = [...made].find(([path]) => basename(path) === file)?.[1];
    writeFileSync(join(after, file), text ?? before(folder, file));
  }
}
