/**
 * `npm run test:edits -- [EDITS] [SEED]`: random edits of real files (100,000 by default) give the answers of a
 * fresh start, throw nothing and leave memory flat. Prints what was done; fails with the smallest session that
 * shows a difference. Results are kept in `test/types/results/`.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { EditedProgram, sessions } from "./editing.ts";
import { testParser } from "./parser.ts";

const PACKAGES = [
  "bufio",
  "container/heap",
  "container/list",
  "context",
  "encoding/csv",
  "errors",
  "expvar",
  "flag",
  "html",
  "iter",
  "maps",
  "net/url",
  "path/filepath",
  "slices",
  "sort",
  "sync",
  "text/template",
  "text/template/parse",
  "unique",
];

/** Edits from one fresh text to the next comparison. */
const SESSION = 20;
/** From a tenth of the way to the end, memory may grow by this share, and by this many megabytes. */
const MEMORY_SHARE = 0.1;
const MEMORY_MB = 16;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Memory that is in use, in megabytes: the heap's, and what lies outside of it (the parser's is there). */
function memory(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const edits = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 5);
const program = new EditedProgram(await testParser(), PACKAGES);
const runs = Math.ceil(edits / SESSION);
const start = performance.now();
let done = 0;
let early = 0;
await fc.assert(
  fc.asyncProperty(sessions(SESSION), async (session) => {
    program.run(session);
    // As in a server, where edits come one by one: what is held weakly can go only between them.
    await new Promise((done) => setImmediate(done));
    done++;
    if (done === Math.ceil(runs / 10)) early = memory();
    if (done % 250 === 0)
      console.log(
        `${done * SESSION} edits, ${Math.round((performance.now() - start) / 1000)} s, ${memory().toFixed(1)} MB, of them ${(process.memoryUsage().external / 2 ** 20).toFixed(1)} outside of the heap`,
      );
  }),
  { numRuns: runs, seed, endOnFailure: false },
);
const late = memory();
console.log(
  `${done * SESSION} edits in ${PACKAGES.length} packages (seed ${seed}): no answer differs from a fresh start's, nothing was thrown. ` +
    `Memory after a tenth: ${early.toFixed(1)} MB, at the end: ${late.toFixed(1)} MB.`,
);
if (late > early * (1 + MEMORY_SHARE) + MEMORY_MB) {
  console.error(`Memory grew by ${(late - early).toFixed(1)} MB.`);
  process.exitCode = 1;
}
