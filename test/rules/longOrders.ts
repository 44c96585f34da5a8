/**
 * Many orders in which real code is asked about; the slice that CI runs is `orders.test.ts`.
 *
 *   npm run test:orders -- RUNS [SEED] FOLDER…
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { chances, findingsInOrder } from "./askedOrders.ts";

const assets = join(import.meta.dirname, "../../node_modules");
const modules = {
  treeSitterWasm: readFileSync(join(assets, "web-tree-sitter/web-tree-sitter.wasm")),
  goWasm: readFileSync(join(assets, "tree-sitter-go/tree-sitter-go.wasm")),
};
const [runs = "10", ...rest] = process.argv.slice(2);
const [seed, folders] = /^\d+$/.test(rest[0] ?? "")
  ? [Number(rest[0]), rest.slice(1)]
  : [Date.now() % 1e9, rest];
for (const folder of folders) {
  const atOnce = new Set(await findingsInOrder(modules, folder, null));
  let disagreeing = 0;
  for (const one of fc.sample(chances, { numRuns: Number(runs), seed })) {
    const found = new Set(await findingsInOrder(modules, folder, one));
    const [more, less] = [
      [...found].filter((finding) => !atOnce.has(finding)),
      [...atOnce].filter((finding) => !found.has(finding)),
    ];
    if (more.length + less.length === 0) continue;
    disagreeing++;
    console.log(JSON.stringify({ more, less }, null, 1).slice(0, 3_000));
  }
  console.log(`${folder}: ${runs} orders, ${disagreeing} disagree, seed ${seed}`);
  if (disagreeing > 0) process.exitCode = 1;
}
