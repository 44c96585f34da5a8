/**
 * What watching costs: the same Go program plain, watched, and under -race, side by side in one run; time
 * and peak memory of each row as ratios to plain; and what building costs (row `builds`). `npm run bench:runtime [ROW…]`. -race needs a C compiler:
 * where there is none its columns are empty.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { prepareOverlay } from "../../src/server/run/overlay.ts";

const ROUNDS = 3;
const SOURCES = path.resolve("test/bench/runtime");
const folder = mkdtempSync(path.join(tmpdir(), "maprace-bench-"));

type Variant = "plain" | "watched" | "race";

/** Builds one variant; returns the program, undefined when it cannot be built here. */
async function build(variant: Variant, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const out = path.join(folder, variant);
  let args: readonly string[] = variant === "race" ? ["-race"] : [];
  if (variant === "watched") {
    const go = spawnSync("which", ["go"], { encoding: "utf8" }).stdout.trim();
    const prepared = await prepareOverlay({
      go,
      mode: "maps",
      cwd: SOURCES,
      cacheDir: path.join(folder, env.GOCACHE === undefined ? "cache" : "first-cache"),
      runtimeSources: path.resolve("dist/runtime"),
      env,
    });
    args = prepared.buildArgs;
  }
  const built = spawnSync("go", ["build", ...args, "-o", out, "."], { cwd: SOURCES, env, encoding: "utf8" });
  if (built.status === 0) return out;
  console.log(built.stderr.trim());
  return undefined;
}

/**
 * The first build on a machine, with nothing in the build cache, and the median of later ones of the unchanged
 * program; preparing the build is part of both. Seconds, and ratios to the plain build.
 */
async function measureBuilds(): Promise<void> {
  const seconds = async (variant: Variant, env: NodeJS.ProcessEnv): Promise<number> => {
    const started = performance.now();
    await build(variant, env);
    return (performance.now() - started) / 1000;
  };
  const first: number[] = [];
  const second: number[] = [];
  for (const variant of ["plain", "watched", "race"] as const) {
    const GOCACHE = path.join(folder, `build-cache-${variant}`);
    const env = { ...process.env, GOCACHE };
    first.push(await seconds(variant, env));
    const later: number[] = [];
    for (let n = 0; n < 5; n++) later.push(await seconds(variant, env));
    second.push(later.sort((a, b) => a - b)[2] ?? 0);
    rmSync(GOCACHE, { recursive: true, force: true });
  }
  console.log("\nbuild           plain s  watched ×  -race ×");
  for (const [name, [plain = 0, watched, race]] of [
    ["first", first],
    ["second", second],
  ] as const) {
    console.log(
      name.padEnd(14) +
        plain.toFixed(2).padStart(9) +
        ratio(watched, plain).padStart(11) +
        ratio(race, plain).padStart(9),
    );
  }
}

/** Median time (milliseconds) and peak memory (megabytes) of a row; undefined when it fails. */
function measure(program: string | undefined, row: string): { time: number; memory: number } | undefined {
  if (program === undefined) return undefined;
  const times: number[] = [];
  let memory = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const ran = spawnSync(program, [row], {
      encoding: "utf8",
      env: { ...process.env, MAPRACE_STREAM: path.join(folder, "stream.jsonl") },
    });
    if (ran.status !== 0) {
      console.log(`${row}: ${ran.error?.message ?? ran.stderr.slice(0, 300)}`);
      return undefined;
    }
    const [time = 0, peak = 0] = ran.stdout.trim().split(" ").map(Number);
    times.push(time / 1e6);
    memory = Math.max(memory, peak / 1024);
  }
  times.sort((a, b) => a - b);
  return { time: times[ROUNDS >> 1] ?? 0, memory };
}

const ratio = (value: number | undefined, base: number | undefined): string =>
  (value === undefined || !base ? "-" : (value / base).toFixed(2)).padStart(8);

const programs = {
  plain: await build("plain"),
  watched: await build("watched"),
  race: await build("race"),
};
const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted.includes("builds")) await measureBuilds();
const all = spawnSync(programs.plain ?? "", [], { encoding: "utf8" })
  .stdout.trim()
  .split("\n")
  .sort();
console.log("\nrow                  plain ms  time ×  -race ×  plain MB  memory ×  -race ×");
for (const row of all.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const plain = measure(programs.plain, row);
  const watched = measure(programs.watched, row);
  const race = measure(programs.race, row);
  console.log(
    row.padEnd(20) +
      (plain?.time ?? 0).toFixed(0).padStart(9) +
      ratio(watched?.time, plain?.time) +
      ratio(race?.time, plain?.time).padStart(9) +
      (plain?.memory ?? 0).toFixed(0).padStart(10) +
      ratio(watched?.memory, plain?.memory).padStart(10) +
      ratio(race?.memory, plain?.memory).padStart(9),
  );
}
rmSync(folder, { recursive: true, force: true });
