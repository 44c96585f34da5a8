/**
 * What a Fix makes of racing programs, judged by Go itself: it builds, gofmt and vet have nothing to say, and the
 * race detector stays silent while the program does what its hand-made repair does.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Core, type CoreFinding, createCore, type FixKind } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));
const INCIDENTS = join(HERE, "../incidents");
const MODULES = join(HERE, "../../node_modules");
const MINUTES = 60_000;

let scratch: string;
let core: Core;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "maprace-fixes-"));
  core = await createCore({
    treeSitterWasm: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
    goWasm: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
  });
});
afterAll(() => {
  core.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

describe.each(readdirSync(INCIDENTS))("%s", (incident) => {
  test(
    "every Fix that is offered ends the race and keeps the program's answer",
    async () => {
      const racy = join(INCIDENTS, incident, "racy");
      const wanted = answerOf(await runUnderRace(join(INCIDENTS, incident, "fixed"), `${incident}-fixed`));
      const made: string[] = [];
      for (const [kind, files] of fixesIn(racy)) {
        const folder = join(scratch, `${incident}-${kind}`);
        cpSync(racy, folder, { recursive: true });
        for (const [path, text] of files) writeFileSync(join(folder, path), text);
        expect((await run("gofmt", ["-l", "."], { cwd: folder })).stdout).toBe("");
        await run("go", ["vet", "./..."], { cwd: folder });
        const output = await runUnderRace(folder, `${incident}-${kind}.bin`);
        expect(output.stderr).not.toContain("DATA RACE");
        expect(answerOf(output)).toBe(wanted);
        made.push(kind);
      }
      expect(made.length).toBeGreaterThan(0);
    },
    8 * MINUTES,
  );
});

test(
  "the packages of the fixtures race before, and do not after",
  async () => {
    const fixtures = join(HERE, "fixtures");
    const driven = readdirSync(fixtures).filter((f) => existsSync(join(fixtures, f, "before/drive_test.go")));
    const before = driven.map((f) => `./${f}/before`);
    const after = driven.flatMap((f) =>
      readdirSync(join(fixtures, f)).flatMap((d) => (d.startsWith("after-") ? [`./${f}/${d}`] : [])),
    );
    const tested = async (packages: string[]): Promise<string> => {
      const options = ["test", "-race", "-count=1", ...packages];
      return run("go", options, { cwd: fixtures }).then(
        (r) => r.stdout,
        (e: { stdout: string }) => e.stdout,
      );
    };
    const racing = (await tested(before)).split("\n").filter((line) => line.startsWith("FAIL\t"));
    expect(racing).toHaveLength(before.length);
    expect((await tested(after)).split("\n").filter((line) => line.startsWith("ok"))).toHaveLength(
      after.length,
    );
  },
  8 * MINUTES,
);

/** Each kind of Fix that a Finding of the module offers, with the whole files that it makes. */
function fixesIn(folder: string): Map<FixKind, Map<string, string>> {
  const workspace = new Workspace({ folders: [folder], trusted: false, variables: process.env });
  const snapshot = core.update(workspace.programs()[0]!.source);
  workspace.dispose();
  const fixes = new Map<FixKind, Map<string, string>>();
  for (const finding of snapshot.findings() as readonly CoreFinding[]) {
    for (const kind of snapshot.fixes(finding)) {
      const edits = snapshot.fix(finding, kind);
      if ("refused" in edits) throw new Error(`${kind} is offered, but refused: ${edits.refused}`);
      const files = edits.map(({ path, edits: replacements }): [string, string] => {
        let text = snapshot.text(path)!;
        for (const { pos, end, text: inserted } of [...replacements].reverse())
          text = text.slice(0, pos) + inserted + text.slice(end);
        return [relative(folder, path), text];
      });
      fixes.set(kind, new Map(files));
    }
  }
  return fixes;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds with the race detector and runs; a race makes the exit status 66, which rejects. */
async function runUnderRace(folder: string, name: string): Promise<Output> {
  const binary = join(scratch, name);
  await run("go", ["build", "-race", "-o", binary, "."], { cwd: folder });
  const output = await run(binary, [], { timeout: MINUTES });
  rmSync(binary);
  return output;
}

/** What the program says in the end, without how often it had to try. */
function answerOf({ stdout }: Output): string {
  return stdout.split(";")[0]!.trim();
}
