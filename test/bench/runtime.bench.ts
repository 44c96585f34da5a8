/**
 * What watching costs: the same Go program plain, watched, and under -race, side by side in one run; time
 * and peak memory of each row as ratios to plain; and what building costs (row `builds`). The three take turns, so that
 * what else the machine does meets all alike. `npm run bench:runtime [ROW…]`. -race needs a C compiler: where there is
 * none its columns are empty.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { prepareOverlay } from "../../src/server/run/overlay.ts";

const ROUNDS = 5;
/** Second builds take a tenth of a second, of which the machine's noise is a tenth. */
const BUILD_ROUNDS = 21;
const VARIANTS = ["plain", "watched", "race"] as const;
const SOURCES = path.resolve("test/bench/runtime");
const folder = mkdtempSync(path.join(tmpdir(), "maprace-bench-"));

const go = spawnSync("which", ["go"], { encoding: "utf8" }).stdout.trim();

type Variant = (typeof VARIANTS)[number];

/** Builds one variant; returns the program, undefined when it cannot be built here. */
async function build(variant: Variant, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const out = path.join(folder, variant);
  let args: readonly string[] = variant === "race" ? ["-race"] : [];
  if (variant === "watched") {
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
  const built = spawnSync(go, ["build", ...args, "-o", out, "."], { cwd: SOURCES, env, encoding: "utf8" });
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
  const cacheOf = (variant: Variant): string => path.join(folder, `build-cache-${variant}`);
  const first = { plain: 0, watched: 0, race: 0 };
  const later = { plain: [] as number[], watched: [] as number[], race: [] as number[] };
  for (const variant of VARIANTS)
    first[variant] = await seconds(variant, { ...process.env, GOCACHE: cacheOf(variant) });
  for (let round = 0; round < BUILD_ROUNDS; round++)
    for (const variant of VARIANTS)
      later[variant].push(await seconds(variant, { ...process.env, GOCACHE: cacheOf(variant) }));
  for (const variant of VARIANTS) rmSync(cacheOf(variant), { recursive: true, force: true });
  const second = { plain: median(later.plain), watched: median(later.watched), race: median(later.race) };
  console.log("\nbuild           plain s  watched ×  -race ×");
  for (const [name, { plain, watched, race }] of [
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Time (milliseconds) and peak memory (megabytes) of one run of a row; undefined when it fails. */
function runRow(program: string, row: string): { time: number; memory: number } | undefined {
  const ran = spawnSync(program, [row], {
    encoding: "utf8",
    env: { ...process.env, MAPRACE_STREAM: path.join(folder, "stream.jsonl") },
  });
  if (ran.status !== 0) {
    console.log(`${row}: ${ran.error?.message ?? ran.stderr.slice(0, 300)}`);
    return undefined;
  }
  const [time = 0, peak = 0] = ran.stdout.trim().split(" ").map(Number);
  return { time: time / 1e6, memory: peak / 1024 };
}

/** Median time and highest memory of a row; undefined for a variant that cannot be built here or fails. */
function measure(row: string): Partial<Record<Variant, { time: number; memory: number }>> {
  const times: Partial<Record<Variant, number[]>> = {};
  const memory = { plain: 0, watched: 0, race: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of VARIANTS) {
      const program = programs[variant];
      const ran = program === undefined ? undefined : runRow(program, row);
      if (ran === undefined) continue;
      times[variant] = [...(times[variant] ?? []), ran.time];
      memory[variant] = Math.max(memory[variant], ran.memory);
    }
  }
  const found: Partial<Record<Variant, { time: number; memory: number }>> = {};
  for (const variant of VARIANTS) {
    const ran = times[variant];
    if (ran?.length === ROUNDS) found[variant] = { time: median(ran), memory: memory[variant] };
  }
  return found;
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
  const { plain, watched, race } = measure(row);
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
