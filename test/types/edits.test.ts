/** A slice of `npm run test:edits`. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { EditedProgram, sessions } from "./editing.ts";
import { testParser } from "./parser.ts";

it("gives the answers of a fresh start after any edits of real files", async () => {
  const program = new EditedProgram(await testParser(), ["container/list", "encoding/csv", "slices"]);
  const run = fc.property(sessions(10), (session) => program.run(session));
  const { failed, counterexample, errorInstance } = fc.check(run, { numRuns: 20 });
  expect(failed, `${JSON.stringify(counterexample)}\n${errorInstance}`).toBe(false);
}, 120_000);
