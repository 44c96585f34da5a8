/** What core says about easily misread constructs is what go/types says, expression by expression. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("agrees with go/types about every construct of the language", () => {
  const program = [
    "scripts/run-typescript.mjs",
    "test/types/differential.ts",
    "./test/types/testdata/constructs",
  ];
  const out = execFileSync(process.execPath, program, { encoding: "utf8" });
  expect(out).not.toContain("not compared");
  expect(out).toMatch(/identifiers 1\d{3}: 100\.0000 % agree/);
  expect(out).toMatch(/expressions 1\d{3}: 100\.0000 % agree/);
  expect(out).toContain("could not read: 0");
}, 120_000);
