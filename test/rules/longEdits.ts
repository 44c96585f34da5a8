/**
 * Many random edits over real code, compared with a fresh look at each result; the slice that CI runs is
 * `incremental.test.ts`.
 *
 *   npm run test:incremental -- RUNS [SEED] FOLDER…
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { disagreement, edit } from "./randomEdits.ts";

const assets = join(import.meta.dirname, "../../node_modules");
const modules = {
  treeSitterWasm: readFileSync(join(assets, "web-tree-sitter/web-tree-sitter.wasm")),
  goWasm: readFileSync(join(assets, "tree-sitter-go/tree-sitter-go.wasm")),
};
const [runs = "20", ...rest] = process.argv.slice(2);
const [seed, folders] = /^\d+$/.test(rest[0] ?? "")
  ? [Number(rest[0]), rest.slice(1)]
  : [Date.now() % 1e9, rest];
let failed = false;
for (const folder of folders) {
  const sequences = fc.sample(fc.array(edit, { minLength: 1, maxLength: 12 }), {
    numRuns: Number(runs),
    seed,
  });
  let edits = 0;
  for (const [run, sequence] of sequences.entries()) {
    edits += sequence.length;
    const found = await disagreement(modules, folder, sequence);
    if (found === null) continue;
    failed = true;
    let shortest = sequence;
    // Leave out edits as long as the rest still disagrees.
    for (let i = 0; i < shortest.length; ) {
      const shorter = shortest.toSpliced(i, 1);
      if (await disagreement(modules, folder, shorter)) shortest = shorter;
      else i++;
    }
    console.log(`${folder}: run ${run} of seed ${seed} disagrees after`, JSON.stringify(shortest));
    console.log(JSON.stringify(await disagreement(modules, folder, shortest), null, 1).slice(0, 3_000));
  }
  console.log(`${folder}: ${sequences.length} sequences, ${edits} edits, seed ${seed}`);
}
process.exitCode = failed ? 1 : 0;
