/**
 * Every rule against its fixtures: a Go package per folder, with `// want CODE CONFIDENCE "part of the message"`
 * on each line that is to be flagged. What is not wanted must not be there.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type CoreFinding, createCore, type Snapshot } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), "fixtures");
const MODULES = join(dirname(fileURLToPath(import.meta.url)), "../../node_modules");

interface Want {
  readonly code: string;
  readonly confidence: string;
  readonly part: string;
}

const source = new Workspace({ folders: [FIXTURES], trusted: false, variables: process.env }).programs()[0]!
  .source;
const folders = [
  ...new Set(
    source.packages.flatMap((pkg) => pkg.files.map((file) => dirname(relative(FIXTURES, file.path)))),
  ),
].sort();
let snapshot: Snapshot;

beforeAll(async () => {
  const core = await createCore({
    treeSitterWasm: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
    goWasm: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
  });
  snapshot = core.update(source);
});

function wantsOf(text: string): Map<number, Want[]> {
  const wants = new Map<number, Want[]>();
  for (const [i, line] of text.split("\n").entries()) {
    for (const [, code, confidence, part] of line.matchAll(/want ([a-z-]+) ([a-z]+) "([^"]*)"/g)) {
      wants.set(i + 1, [...(wants.get(i + 1) ?? []), { code: code!, confidence: confidence!, part: part! }]);
    }
  }
  return wants;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function matches(want: Want, finding: CoreFinding): boolean {
  return (
    want.code === finding.code &&
    want.confidence === finding.confidence &&
    finding.message.includes(want.part)
  );
}

describe.each(folders)("%s", (folder) => {
  test("finds what is wanted and nothing else", () => {
    const found: string[] = [];
    const wanted: string[] = [];
    for (const file of source.packages.flatMap((pkg) => pkg.files)) {
      if (dirname(relative(FIXTURES, file.path)) !== folder) continue;
      const text = snapshot.text(file.path)!;
      const wants = wantsOf(text);
      const left = new Map([...wants].map(([line, list]) => [line, [...list]]));
      for (const finding of snapshot.findings()) {
        if (finding.accesses[0].path !== file.path) continue;
        const line = lineOf(text, finding.accesses[0].pos);
        const list = left.get(line) ?? [];
        const at = list.findIndex((want) => matches(want, finding));
        if (at >= 0) list.splice(at, 1);
        else found.push(`${line}: ${finding.code} ${finding.confidence} "${finding.message}"`);
      }
      for (const [line, list] of left) {
        for (const want of list) wanted.push(`${line}: ${want.code} ${want.confidence} "${want.part}"`);
      }
    }
    expect({ unwanted: found, missing: wanted }).toEqual({ unwanted: [], missing: [] });
  });
});
