/** After any edits, what the server would say is what it would say had it been started on the result. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createCore, type Snapshot } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { parserModules } from "./parserModules.ts";

const folder = fileURLToPath(new URL("../incidents/local-replica/racy", import.meta.url));
const modules = parserModules();

/** An edit: which file, where (as a share of its length), how much is taken out, what is put in. */
const edit = fc.record({
  file: fc.nat(),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat({ max: 20 }),
  inserted: fc.constantFrom(
    "",
    "\n",
    "{",
    "}",
    "(",
    '"',
    "`",
    "/*",
    "*/",
    "x",
    "go ",
    "func ",
    "é👍",
    "var a = 1\n",
    "return\n",
  ),
});

function answers(snapshot: Snapshot): string[] {
  return snapshot.findings().map((finding) => {
    const places = finding.accesses.map(({ path, pos, end, kind }) => `${path}:${pos}-${end} ${kind}`);
    return `${finding.code} ${finding.confidence} ${finding.map.name} ${places.join(", ")}`;
  });
}

it("equals a fresh start after any edits", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
      const workspace = new Workspace({ folders: [folder], trusted: false, variables: process.env });
      const source = () => workspace.programs()[0]!.source;
      const paths = source().packages.flatMap((one) => one.files.map((file) => file.path));
      const texts = new Map(paths.map((path) => [path, readFileSync(path, "utf8")]));
      const [edited, fresh] = [await createCore(modules), await createCore(modules)];
      answers(edited.update(source()));
      for (const { file, place, removed, inserted } of edits) {
        const path = paths[file % paths.length]!;
        const text = texts.get(path)!;
        const at = Math.floor(place * text.length);
        const next = text.slice(0, at) + inserted + text.slice(at + removed);
        texts.set(path, next);
        workspace.setBuffer(path, next);
        edited.update(source()).findings();
      }
      expect(answers(edited.update(source()))).toEqual(answers(fresh.update(source())));
      edited.dispose();
      fresh.dispose();
      workspace.dispose();
    }),
    { numRuns: 5 },
  );
});
