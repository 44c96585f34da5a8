/**
 * The ways of handing a map over, and those that order nothing, in programs for other processors:
 * `npm test -- processors`. They stand for what processors differ in: the size of a word, the order of its bytes,
 * the numbers of Linux's calls, and what Go's own race detector was never made for.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { expectReported, expectSilent, listCases } from "./handOverCases.ts";
import { buildWatched, readStream, scratchFolder, type WatchedRun } from "./prepare.ts";

const { folder, remove } = scratchFolder();
afterAll(remove);
const stream = path.join(folder, "stream.jsonl");

/** Runs a program for another processor to its end and reads its stream. */
function run(processor: string, program: string, args: readonly string[]): WatchedRun {
  const prefix = process.env.QEMU;
  if (!prefix) throw new Error("These tests need QEMU: `npm test -- processors` installs it and runs them.");
  rmSync(stream, { force: true });
  const ended = spawnSync(`${prefix}${processor}-static`, [program, ...args], {
    encoding: "utf8",
    env: { ...process.env, MAPRACE_STREAM: stream },
    timeout: 120_000,
  });
  return { process: ended, ...readStream(stream) };
}

test.each([
  ["arm64", "aarch64"],
  ["arm", "arm"],
  ["s390x", "s390x"],
  ["riscv64", "riscv64"],
  ["mips64le", "mips64el"],
])("%s", async (GOARCH, processor) => {
  const program = path.join(folder, GOARCH);
  await buildWatched(path.join(import.meta.dirname, "fixtures/program"), program, {
    cacheDir: path.join(folder, "cache"),
    env: { GOOS: "linux", GOARCH, CGO_ENABLED: "0" },
  });
  const cases = listCases(run(processor, program, []).process.stdout);
  for (const name of cases.silent) expectSilent(name, run(processor, program, [name]));
  for (const name of cases.reported) expectReported(name, run(processor, program, [name]));
  for (let time = 0; time < 3; time++) {
    const died = run(processor, program, ["dies of concurrent map writes"]);
    expect(died.process.stderr).toContain("fatal error: concurrent map");
    expect(died.process.status).toBe(2);
    expect(died.conflicts.length).toBeGreaterThan(0);
  }
});
