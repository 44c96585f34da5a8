/** The server's process gives back at rest what the work before it needed. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** Works until 200 MB were in use and most of it is dead, then says every second how large the heap is, in megabytes. */
const WORK = `
import { keepHeapSmall } from "./memory.ts";
keepHeapSmall();
const work = { held: Array.from({ length: 2_000_000 }, (_, i) => ({ i, text: String(i) })) };
setTimeout(() => { work.held.length = 1; }, 100);
setInterval(() => console.log(Math.round(process.memoryUsage().heapTotal / 1e6), work.held.length), 1_000);
`;

test("gives back at rest, before V8 does so by itself, and goes on", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "maprace-memory-"));
  const program = join(folder, "work.mjs");
  const resolveDir = join(import.meta.dirname, "../../src/cli");
  await build({
    stdin: { contents: WORK, resolveDir, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: program,
  });
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const heaps: number[] = [];
  child.stdout.on("data", (line: Buffer) => heaps.push(Number.parseInt(String(line), 10)));
  try {
    await expect.poll(() => heaps.at(-1), { timeout: 35_000, interval: 500 }).toBeLessThan(20);
    expect(heaps[0]).toBeGreaterThan(100);
    const before = heaps.length;
    await expect.poll(() => heaps.length, { timeout: 5_000 }).toBeGreaterThan(before + 1);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
