/**
 * Whether the fuzz notices a detector that is broken: each of these forgets one thing that a detector must do.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { RUNTIME_SOURCES, scratchFolder } from "../prepare.ts";
import { runCampaign } from "./campaign.ts";
import { FuzzSession } from "./session.ts";

/** The last seed that a broken detector may get by, and how many are run before looking. */
const [LAST, AT_ONCE] = [6000, 300];
const { folder, remove } = scratchFolder();
afterAll(remove);

const MUTANTS: readonly (readonly [name: string, file: string, text: string, instead: string])[] = [
  ["keeps what it knew of freed memory", "maprace_hooks.go", "\tmrForget(uintptr(p), sz)\n", ""],
  ["passes hearsay on", "maprace_io.go", "\t\tc.hear(s)\n", "\t\tc.learn(s)\n"],
  [
    "returns along a connection what was said along another",
    "maprace_io.go",
    "mrCommon(c.heard, s.clock)",
    "mrRetain(c.heard)",
  ],
  [
    "returns nothing along a connection",
    "maprace_io.go",
    "s.heard, _ = mrJoin(before, returned)",
    "s.heard = before",
  ],
  [
    "lets a lock's new holder know nothing",
    "maprace_syncs.go",
    "\t\tc.learn(s)\n\t\ts.lock.unlock()\n",
    "\t\ts.lock.unlock()\n",
  ],
  [
    "takes what is done after a hand-over for handed over",
    "maprace_goroutines.go",
    "\tc.handedOver, c.learned = true, false\n",
    "\tc.learned = false\n",
  ],
  ["overlooks reads before a write", "maprace_maps.go", "\t\t\tracing = true\n", "\t\t\tbreak\n"],
  [
    "lets a started goroutine know nothing",
    "maprace_goroutines.go",
    "\t\tc.clock = mrRetain(parent.clock)\n",
    "",
  ],
];

test.each(MUTANTS)("a detector that %s", async (name, file, text, instead) => {
  const place = path.join(folder, name.replaceAll(" ", "-").replaceAll("'", ""));
  mkdirSync(place);
  const sources = path.join(place, "runtime");
  cpSync(RUNTIME_SOURCES, sources, { recursive: true });
  const original = readFileSync(path.join(sources, file), "utf8");
  // Each has one place to be broken in.
  expect(original.split(text).length).toBe(2);
  writeFileSync(path.join(sources, file), original.replace(text, instead));
  const session = await FuzzSession.build(place, sources);
  let disagreements: readonly string[] = [];
  for (let seed = 1; seed <= LAST && disagreements.length === 0; seed += AT_ONCE)
    disagreements = runCampaign(session, seed, AT_ONCE).disagreements;
  expect(disagreements).not.toEqual([]);
});
