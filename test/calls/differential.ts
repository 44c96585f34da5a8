/**
 * `npm run test:calls -- WHAT…`: which functions core says a call may reach, against golang.org/x/tools, on the
 * standard library (`std`), on the module in a folder, or on modules from the module proxy (`module@version`).
 *
 * Class hierarchy analysis leaves out nothing that can happen (reflection and unsafe aside): what core adds to it is
 * wrong. Variable type analysis follows what flows where and is closer to what happens: what core lacks of it may be
 * missed. Core tells nothing where it sees too many functions, or where a function value comes from somewhere that
 * it does not follow; a parameter that is called is looked up at the calls of the function. Printed is how many calls
 * agree, by kind. `--show N` prints N calls of each difference. Fails when a goal is missed.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Callee, calleesOf, type World } from "../../src/server/core/calls/callees.ts";
import type { Fn } from "../../src/server/core/calls/functions.ts";
import type { CallExpr } from "../../src/server/core/syntax/ast.ts";
import { createProgram } from "../../src/server/core/types/program.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { testParser } from "../types/parser.ts";
import { goroot } from "../types/program.ts";
import { forEachCall, worldOf } from "./world.ts";

/** Goals in percent: static calls that agree; of the others, those that have all that flows there, and wrong functions. */
const STATIC_SAME = 99.9;
const WHOLE = 90;
const WRONG = 1;

const env = { ...process.env, CGO_ENABLED: "0" };

/** A place as `file offset`, the offset in bytes. */
type PlaceKey = string;

/** What x/tools says about a call. */
interface Expected {
  readonly kind: "static" | "interface" | "value";
  /** By variable type analysis, and what class hierarchy analysis adds. */
  readonly flow: Set<PlaceKey>;
  readonly hierarchy: Set<PlaceKey>;
}

/** How calls of one kind came out. */
interface Tally {
  calls: number;
  /** Functions that core names, and those of them that no analysis has: these are wrong. */
  named: number;
  wrong: number;
  /** Calls of which core tells nothing though functions of the program flow there, and those of a parameter. */
  untold: number;
  parameter: number;
  /** Of the calls that core tells something of: those where all that flows there is in it, and where it is just that. */
  told: number;
  whole: number;
  exact: number;
}

function expectedFrom(output: string): Map<PlaceKey, Expected> {
  const calls = new Map<PlaceKey, Expected>();
  let call: Expected | null = null;
  for (const line of output.split("\n")) {
    const [tag, file, offset, kind] = line.split(" ");
    if (tag === "C") {
      call = { kind: kind as Expected["kind"], flow: new Set(), hierarchy: new Set() };
      calls.set(`${file} ${offset}`, call);
    } else if (tag === "V") call!.flow.add(`${file} ${offset}`);
    else if (tag === "H") call!.hierarchy.add(`${file} ${offset}`);
  }
  return calls;
}

/** Byte offsets of a file's positions. */
function byteOffset(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset), "utf8");
}

function placeOf(fn: Fn): PlaceKey {
  const at = fn.node.kind === "FuncDecl" ? fn.node.name.pos : fn.node.pos;
  return `${fn.file.path} ${byteOffset(fn.file.text, fn.file.startOf(fn.decl) + at)}`;
}

/** The offset of a call's opening parenthesis, in UTF-16 code units of the file. */
function parenthesisOf(fn: Fn, call: CallExpr): number {
  const from = fn.file.startOf(fn.decl) + call.fun.end;
  return from + /^(?:\s|\/\*[\s\S]*?\*\/)*/.exec(fn.file.text.slice(from))![0].length;
}

async function openWorlds(folder: string): Promise<World[]> {
  const parser = await testParser();
  const workspace = new Workspace({ folders: [folder], trusted: false, variables: env });
  const worlds = workspace.programs().map(({ source }) => worldOf(createProgram(parser, source)));
  workspace.dispose();
  return worlds;
}

/** One call of which core says something else. */
interface Difference {
  readonly what: "missed" | "wrong" | "more";
  readonly kind: Expected["kind"];
  readonly at: string;
  readonly text: string;
  readonly function: PlaceKey;
}

function compare(worlds: readonly World[], expected: ReadonlyMap<PlaceKey, Expected>, folder: string) {
  const tallies = new Map<Expected["kind"], Tally>();
  const differences: Difference[] = [];
  for (const world of worlds) {
    forEachCall(world, (fn, call) => {
      const { file } = fn;
      if (file.path.endsWith("_test.go")) return;
      const paren = parenthesisOf(fn, call);
      const known = expected.get(`${file.path} ${byteOffset(file.text, paren)}`);
      if (known === undefined) return; // a conversion, a predeclared function, or never compiled
      const at = `${relative(folder, file.path)}:${file.text.slice(0, paren).split("\n").length}`;
      const start = file.startOf(fn.decl);
      const text = file.text.slice(start + call.pos, Math.min(paren + 30, start + call.end));
      for (const d of judge(calleesOf(world, call, fn), known, tallies))
        differences.push({ ...d, kind: known.kind, at, text: text.replaceAll(/\s+/g, " ") });
    });
  }
  return { tallies, differences };
}

function judge(
  callees: readonly Callee[],
  { kind, flow, hierarchy }: Expected,
  tallies: Map<Expected["kind"], Tally>,
): Pick<Difference, "what" | "function">[] {
  const tally = tallies.get(kind) ?? {
    calls: 0,
    named: 0,
    wrong: 0,
    untold: 0,
    parameter: 0,
    told: 0,
    whole: 0,
    exact: 0,
  };
  tallies.set(kind, tally);
  tally.calls++;
  if (callees.some((callee) => callee.kind === "parameter")) {
    tally.parameter++;
    return [];
  }
  if (callees.length === 0) {
    if (flow.size > 0) tally.untold++;
    return [];
  }
  // What tests put behind an interface is no part of the program that x/tools looks at.
  const functions = callees.flatMap((callee) =>
    callee.kind === "fn" && callee.fn.pkg.inWorkspace && !callee.fn.file.path.endsWith("_test.go")
      ? [callee.fn]
      : [],
  );
  const named = new Set(functions.map(placeOf));
  const missed = [...flow].filter((place) => !named.has(place));
  const more = [...named].filter((place) => !flow.has(place));
  const wrong = more.filter((place) => !hierarchy.has(place));
  tally.told++;
  tally.named += named.size;
  tally.wrong += wrong.length;
  if (missed.length === 0) tally.whole++;
  if (missed.length === 0 && more.length === 0) tally.exact++;
  return [
    ...missed.map((place) => ({ what: "missed" as const, function: place })),
    ...wrong.map((place) => ({ what: "wrong" as const, function: place })),
    ...more
      .filter((place) => hierarchy.has(place))
      .map((place) => ({ what: "more" as const, function: place })),
  ];
}

/** The folder to open for one thing to compare. */
function folderOf(what: string, scratch: string): string {
  if (what === "std") return join(goroot(), "src");
  if (!what.includes("@")) return what;
  const answer = execFileSync("go", ["mod", "download", "-json", what], { encoding: "utf8", env });
  const folder = join(scratch, what.replace(/\W+/g, "_"));
  cpSync((JSON.parse(answer) as { Dir: string }).Dir, folder, { recursive: true });
  makeWritable(folder); // as the module cache is not
  return folder;
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}

function percent(part: number, all: number): string {
  return `${((100 * part) / Math.max(all, 1)).toFixed(2)} %`;
}

function report(what: string, { tallies, differences }: ReturnType<typeof compare>, show: number): boolean {
  let missed = false;
  console.log(what);
  for (const kind of ["static", "interface", "value"] as const) {
    const t = tallies.get(kind);
    if (t === undefined) continue;
    console.log(
      `  ${kind.padEnd(9)} ${t.calls} calls: ${percent(t.untold, t.calls)} untold, ${percent(t.parameter, t.calls)} of a parameter; ` +
        `of ${t.told} told ${percent(t.whole, t.told)} have all that flows there, ${percent(t.exact, t.told)} just that; ` +
        `of ${t.named} functions named ${percent(t.wrong, t.named)} wrong`,
    );
    if (kind === "static") missed ||= 100 * t.exact < STATIC_SAME * t.told;
    else missed ||= 100 * t.whole < WHOLE * t.told || 100 * t.wrong > WRONG * t.named;
  }
  for (const difference of ["wrong", "missed", "more"] as const) {
    for (const d of differences.filter((one) => one.what === difference).slice(0, show))
      console.log(
        `    ${d.what} ${d.kind} ${d.at} ${JSON.stringify(d.text)}: ${d.function.split("/").slice(-2).join("/")}`,
      );
  }
  return missed;
}

const args = process.argv.slice(2);
const showAt = args.indexOf("--show");
const show = showAt < 0 ? 10 : Number(args[showAt + 1]);
const whats = showAt < 0 ? args : args.filter((_, i) => i !== showAt && i !== showAt + 1);
const scratch = mkdtempSync(join(tmpdir(), "maprace-calls-"));
try {
  const oracle = join(scratch, "oracle");
  execFileSync("go", ["build", "-o", oracle, "."], { cwd: "test/calls/oracle", env, stdio: "inherit" });
  for (const what of whats) {
    const folder = folderOf(what, scratch);
    const output = execFileSync(oracle, what === "std" ? ["std"] : ["./..."], {
      cwd: folder,
      env,
      maxBuffer: 2 ** 30,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const result = compare(await openWorlds(folder), expectedFrom(output.toString("utf8")), folder);
    if (report(what, result, show)) process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
