/**
 * After an edit, what is kept from the version before gives the same Findings as a fresh look at the new text.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { letGoOfFacts } from "../../src/server/core/calls/declFacts.ts";
import {
  type Core,
  type CoreFinding,
  createCore,
  type ProgramSource,
  type Snapshot,
} from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { type Sources, sourceOf } from "../types/program.ts";
import { disagreement, edit } from "./randomEdits.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "../../node_modules");
const modules = {
  treeSitterWasm: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
  goWasm: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
};
const { source } = new Workspace({
  folders: [join(HERE, "fixtures")],
  trusted: false,
  variables: process.env,
}).programs()[0]!;

/** The program with one file's text changed. */
function edited(program: ProgramSource, file: string, change: (text: string) => string): ProgramSource {
  let touched = false;
  const packages = program.packages.map((pkg) => {
    if (!pkg.files.some((f) => f.path.endsWith(file))) return pkg;
    const files = pkg.files.map((f) => {
      if (!f.path.endsWith(file)) return f;
      const text = change(f.text());
      touched = text !== f.text();
      return { path: f.path, version: `${f.version} edited`, text: () => text };
    });
    return { ...pkg, files };
  });
  expect(touched).toBe(true);
  return { ...program, packages };
}

function shown(findings: readonly CoreFinding[]): unknown[] {
  return findings.map(({ map: { variable: _, ...map }, ...finding }) => ({ ...finding, map }));
}

const EDITS: readonly (readonly [string, string, (text: string) => string])[] = [
  ["text moves down", "unsynchronized-map/handlers/main.go", (t) => `// A comment.\n\n${t}`],
  [
    "a lock goes",
    "write-under-read-lock/lazy/main.go",
    (t) => t.replace("\tc.mu.RLock()\n\tdefer c.mu.RUnlock()\n", ""),
  ],
  ["a callee writes", "unsynchronized-map/alias/main.go", (t) => t.replace("m[key]++", "_ = m[key]")],
  [
    "a lock comes",
    "inconsistent-lock/length/main.go",
    (t) => t.replace("return len(", "c.mu.Lock()\n\tdefer c.mu.Unlock()\n\treturn len("),
  ],
  ["a goroutine goes", "unsynchronized-map/counter/main.go", (t) => t.replace("go func()", "func()")],
  ["a function comes", "unsynchronized-map/quiet/main.go", (t) => `${t}\nfunc more() { tables["b"] = 2 }\n`],
  [
    "a variable gets a value",
    "nil-map-write/declared/main.go",
    (t) => t.replace("settings map[string]string", "settings = map[string]string{}"),
  ],
  [
    "half-typed",
    "unsynchronized-map/handlers/main.go",
    (t) => t.replace('sessions[r.FormValue("user")] = &Session{}', "sessions[r."),
  ],
];

async function fresh(): Promise<Core> {
  return createCore(modules);
}

describe("an edited program", () => {
  test.each(EDITS)("%s", async (_, file, change) => {
    const core = await fresh();
    const before = shown(core.update(source).findings());
    const next = edited(source, file, change);
    const kept = shown(core.update(next).findings());
    expect(kept).toEqual(shown((await fresh()).update(next).findings()));
    expect(shown(core.update(source).findings())).toEqual(before);
  });
});

test("what was found in a file before a comment to ignore came into it is not remembered", async () => {
  const file = "write-under-read-lock/lazy/main.go";
  const next = edited(source, file, (t) => `//maprace:ignore tried\n${t}`);
  const elsewhere = edited(next, "unsynchronized-map/counter/main.go", (t) => `${t}\n`);
  const core = await fresh();
  core.update(source).findings();
  core.update(next).findings();
  expect(shown(core.update(elsewhere).findings())).toEqual(
    shown((await fresh()).update(elsewhere).findings()),
  );
});

test("one file first, the rest in pieces", async () => {
  const snapshot = (await fresh()).update(source);
  const file = join(HERE, "fixtures/unsynchronized-map/counter/main.go");
  expect(snapshot.advance(file, () => true)).toBe(false);
  const early = snapshot.foundIn(file);
  expect(early).not.toEqual([]);
  const all = shown((await fresh()).update(source).findings());
  expect(snapshot.found().length).toBeLessThan(all.length);
  for (let isAll = false; !isAll; ) {
    let steps = 0;
    isAll = snapshot.advance(null, () => steps++ > 3);
  }
  expect(shown(snapshot.findings())).toEqual(all);
  expect(snapshot.foundIn(file)).toEqual(early);
});

test("what is let go of between the pieces is found again alike", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const core = await fresh();
  const inPieces = async (snapshot: Snapshot): Promise<unknown[]> => {
    for (let isAll = false; !isAll; ) {
      let steps = 0;
      isAll = snapshot.advance(null, () => steps++ > 40);
      letGoOfFacts(0);
      await new Promise((done) => setImmediate(done));
      collect();
    }
    return shown(snapshot.findings());
  };
  const calleeWrites = edited(source, "unsynchronized-map/alias/main.go", (t) =>
    t.replace("m[key]++", "_ = m[key]"),
  );
  for (const one of [source, calleeWrites])
    expect(await inPieces(core.update(one))).toEqual(shown((await fresh()).update(one).findings()));
}, 60_000);

describe("a method that is no more is no entry, though its caller of another package is looked at after it went", () => {
  const low = `package low

type Filler interface{ Fill() }

var Table = map[string]int{}

func Run(f Filler) { f.Fill() }
`;
  const high = `package high

import "low"

type T struct{}

func (T) Fill() { low.Table["a"] = 1 }
`;
  test.each<[string, Sources]>([
    ["with its package", { "/low/low.go": low }],
    ["alone", { "/low/low.go": low, "/high/high.go": high.replace(/func.*/, "") }],
  ])("%s", async (_, sources) => {
    const core = await fresh();
    const before = core.update(sourceOf({ "/low/low.go": low, "/high/high.go": high })).findings();
    expect(before.map(({ code }) => code)).toEqual(["unsynchronized-map"]);
    expect(shown(core.update(sourceOf(sources)).findings())).toEqual([]);
  });
});

// `npm run test:incremental` runs many more, over any code.
test("after any edits", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      expect(await disagreement(modules, join(HERE, "fixtures"), edits)).toBeNull();
    }),
    { numRuns: 4 },
  );
});
