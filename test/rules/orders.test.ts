/** What is found does not hang on what is looked at first. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chances, findingsInOrder } from "./askedOrders.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "../../node_modules");
const modules = {
  treeSitterWasm: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
  goWasm: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
};

// `npm run test:orders` runs many more, over any code.
test("files are asked for in any order", { timeout: 120_000 }, async () => {
  const folder = join(HERE, "fixtures");
  const atOnce = await findingsInOrder(modules, folder, null);
  await fc.assert(
    fc.asyncProperty(chances, async (chosen) => {
      expect(await findingsInOrder(modules, folder, chosen)).toEqual(atOnce);
    }),
    { numRuns: 3 },
  );
});
