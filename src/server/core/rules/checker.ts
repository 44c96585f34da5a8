/**
 * Runs the rules over a program, and over its next version where little changed: only what an edit touches is
 * looked at again.
 *
 * What each phase keeps is its own: `outline.ts` knows what changed, `summaries.ts` what functions do,
 * `mapUses.ts` which maps that concerns. Here it is kept what the rules said about each map.
 */
import type { NilWrite } from "../accesses/events.ts";
import { createSummaries, type Summaries } from "../accesses/summaries.ts";
import { addTo, createWorld, renewWorld } from "../calls/callees.ts";
import { letGoOfFacts } from "../calls/declFacts.ts";
import type { DeclFacts, Fn } from "../calls/functions.ts";
import { type Body, createOutline, type Outline, type OutlineChange } from "../calls/outline.ts";
import { mapType } from "../calls/typeShape.ts";
import type { CoreFinding } from "../finding.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import type { SourceFile } from "../syntax/ast.ts";
import type { Program, Var } from "../types/types.ts";
import { conflictsOn } from "./conflicts.ts";
import { createMapUses, type MapGroup, type MapUses } from "./mapUses.ts";
import type { ProgramEvidence } from "./rule.ts";
import { CHECKED, ONCE_PER_PLACE } from "./rules.ts";
import { type SyncMapCall, syncMapCallsIn } from "./syncMapCalls.ts";
import { type Ignores, readIgnores } from "./unused-ignore.ts";

/** Finds the Findings of a program, and of its next versions. */
export interface Checker {
  /** Takes over the next version of the program; nothing is looked at yet that was not before. */
  update(program: Program): void;
  /**
   * Looks at what is left to be looked at until `isEnough`, a package and a file in it before all else. True when
   * nothing is left.
   */
  advance(first: FileOfPackage | null, isEnough: () => boolean): boolean;
  /** What is found so far, by file and position: all there is once nothing is left to be looked at. */
  found(): readonly CoreFinding[];
}

/** A file as part of a package. */
export interface FileOfPackage {
  readonly package: string;
  readonly path: string;
}

/** A checker that knows nothing yet. */
export function createChecker(): Checker {
  let memory: Memory | null = null;
  /** Nothing is kept of a step that does not come to its end. */
  const step = <T>(work: (memory: Memory) => T): T => {
    const before = memory ?? createMemory();
    memory = null;
    const result = work(before);
    memory = before;
    return result;
  };
  let current: Program | null = null;
  /** The memory, of the current version also after a step that failed. */
  const inStep = <T>(work: (memory: Memory) => T): T =>
    step((one) => {
      if (current !== null && one.program !== current) takeOver(one, current);
      return work(one);
    });
  return {
    update(program) {
      current = program;
      inStep(() => {});
    },
    advance: (first, isEnough) => inStep((one) => advance(one, first, isEnough)),
    found: () => inStep(foundSoFar),
  };
}

/** What is kept from version to version of a program. */
interface Memory {
  program: Program | null;
  /** Declarations whose functions are still to be looked at. */
  readonly pending: Set<DeclFacts>;
  readonly outline: Outline;
  readonly summaries: Summaries;
  readonly uses: MapUses;
  /** Which declarations assign the variable of a map or take its address. */
  readonly assigning: Map<Var, Set<DeclFacts>>;
  /** By function that they were seen in; functions without are left out. */
  readonly nilWrites: Map<Fn, readonly NilWrite[]>;
  readonly starts: Set<Fn>;
  readonly syncMapCalls: Map<DeclFacts, readonly SyncMapCall[]>;
  readonly found: WeakMap<MapGroup, FoundOnMap>;
  /** The files when the rules said it. */
  files: readonly SourceFile[];
}

/** What the rules said about a map, and what that hangs on besides the map's uses. */
interface FoundOnMap {
  readonly findings: readonly CoreFinding[];
  readonly assigned: boolean;
  /** The files that the places are in: their positions change with the text. */
  readonly files: readonly SourceFile[];
}

function createMemory(): Memory {
  const outline = createOutline();
  return {
    program: null,
    pending: new Set(),
    outline,
    summaries: createSummaries(createWorld(outline)),
    uses: createMapUses(),
    assigning: new Map(),
    nilWrites: new Map(),
    starts: new Set(),
    syncMapCalls: new Map(),
    found: new WeakMap(),
    files: [],
  };
}

function takeOver(memory: Memory, program: Program): void {
  memory.program = program;
  absorb(memory, memory.outline.update(program));
}

/** Forgets what a change may have made wrong; what is to be looked at anew is pending. */
function absorb(memory: Memory, change: OutlineChange): void {
  const { summaries, uses, pending } = memory;
  const { outdated, retold, alike } = renewWorld(summaries.world, change);
  for (const body of [...change.gone, ...change.changed]) forget(memory, body);
  const left = change.changed.flatMap(({ facts, functions }) =>
    functions.filter((fn) => !facts.functions.includes(fn)),
  );
  const gone = [...change.gone.flatMap(({ functions }) => functions), ...left];
  if (gone.length + alike.length > 0) uses.update(summaries, gone, alike);
  for (const { facts } of change.gone) pending.delete(facts);
  for (const facts of outdated) pending.add(facts);
  for (const facts of retold) note(memory, facts);
}

/** As many declarations are looked at before the clock is. */
const BATCH = 16;

function advance(memory: Memory, first: FileOfPackage | null, isEnough: () => boolean): boolean {
  const { outline, pending } = memory;
  if (first !== null) {
    if (outline.unread().includes(first.package)) absorb(memory, outline.read(first.package));
    lookAt(
      memory,
      [...pending].filter(({ site }) => site.file.path === first.path && site.pkg.path === first.package),
    );
  }
  for (const path of outline.unread()) {
    // Reading a package takes long: an open file does not wait for that of others.
    if (first !== null || isEnough() || !outline.prepare(path, isEnough)) return false;
    absorb(memory, outline.read(path));
    letGo(memory);
  }
  const rest = [...pending].sort(outline.inOrder);
  for (let at = 0; at < rest.length; at += BATCH) {
    if (isEnough()) return false;
    lookAt(memory, rest.slice(at, at + BATCH));
  }
  return true;
}

/** Looks at declarations, and takes over what their functions do. */
function lookAt(memory: Memory, declarations: readonly DeclFacts[]): void {
  const { summaries, uses, pending } = memory;
  if (declarations.length === 0) return;
  uses.update(
    summaries,
    [],
    declarations.flatMap((facts) => facts.functions),
  );
  for (const facts of declarations) {
    note(memory, facts);
    pending.delete(facts);
  }
  letGo(memory);
}

/** Between two steps, makes room where much was found that can be found again. */
function letGo({ summaries }: Memory): void {
  if (letGoOfFacts()) summaries.world.answers.letGo();
}

function foundSoFar(memory: Memory): readonly CoreFinding[] {
  const { outline, uses, pending } = memory;
  const files = outline.files();
  const ignores = readIgnores(files);
  const current = new Set(files);
  const replaced = new Set(memory.files.filter((file) => !current.has(file)));
  memory.files = files;
  const found: CoreFinding[] = [];
  for (const group of uses.groups(outline).values())
    found.push(...findingsOn(memory, group, replaced, ignores));
  for (const calls of callsByMap(memory))
    for (const rule of CHECKED) found.push(...(rule.onSyncMap?.(calls) ?? []));
  const evidence = programEvidence(memory);
  for (const rule of CHECKED) found.push(...(rule.onProgram?.(evidence) ?? []));
  const left = ignores.apply(oncePerPlace(found.sort(byPlace)));
  const isAll = pending.size === 0 && outline.unread().length === 0;
  return isAll ? [...left, ...ignores.complaints()].sort(byPlace) : left;
}

/** Takes notes of what rules ask about a declaration. */
function note(memory: Memory, facts: DeclFacts): void {
  const { summaries, assigning, nilWrites, starts, syncMapCalls } = memory;
  for (const variable of assignedIn(facts)) addTo(assigning, variable, facts);
  for (const fn of facts.functions) {
    const writes = summaries.nilWritesIn(fn);
    if (writes.length > 0) nilWrites.set(fn, writes);
    else nilWrites.delete(fn);
    if (isStart(fn)) starts.add(fn);
  }
  const calls = syncMapCallsIn(summaries.world, facts);
  if (calls.length > 0) syncMapCalls.set(facts, calls);
  else syncMapCalls.delete(facts);
}

/** Takes the notes back about a declaration as it was. */
function forget({ assigning, nilWrites, starts, syncMapCalls }: Memory, body: Body): void {
  const { facts } = body;
  for (const variable of assignedIn(body)) assigning.get(variable)?.delete(facts);
  for (const fn of body.functions) {
    nilWrites.delete(fn);
    starts.delete(fn);
  }
  syncMapCalls.delete(facts);
}

/** Fields and package-level variables that hold maps and are assigned, or whose address is taken. */
function assignedIn({
  holders,
  assigned,
}: Pick<Body, "holders"> & { readonly assigned: Iterable<Var> }): Var[] {
  return [...holders, ...assigned].filter(
    (v) => (v.role === "package" || v.role === "field") && mapType(v.type()) !== null,
  );
}

/** True for `init` and `main`. */
function isStart(fn: Fn): boolean {
  if (fn.isLiteral || fn.receiver !== null || isTestFile(fn)) return false;
  return fn.node.name.name === "init" || fn.name === "main.main";
}

function findingsOn(
  memory: Memory,
  group: MapGroup,
  replaced: ReadonlySet<SourceFile>,
  ignores: Ignores,
): readonly CoreFinding[] {
  const assigned = (memory.assigning.get(group.owner)?.size ?? 0) > 0;
  const known = memory.found.get(group);
  if (known?.assigned === assigned && !known.files.some((file) => replaced.has(file))) return known.findings;
  const files = filesOf(group);
  const conflicts = conflictsOn(group, ignores);
  const findings = CHECKED.flatMap((rule) => rule.onMap?.({ group, conflicts, assigned }) ?? []);
  // A comment has to be asked each time, to count as used.
  const silent = files.every((file) => !ignores.isIn(file));
  if (silent) memory.found.set(group, { findings, assigned, files });
  else memory.found.delete(group);
  return findings;
}

/** The files of all places that a Finding about the map may name. */
function filesOf(group: MapGroup): SourceFile[] {
  const files = new Set<SourceFile>();
  if (group.owner.at) files.add(group.owner.at.file);
  const sides = [
    ...group.uses.map(({ access, spawn }) => ({ access, spawn })),
    ...group.pairs.map(({ a, spawnA }) => ({ access: a, spawn: spawnA })),
    ...group.pairs.map(({ b, spawnB }) => ({ access: b, spawn: spawnB })),
  ];
  for (const { access, spawn } of sides) {
    files.add(access.fn.file);
    for (const { fn } of access.calls) files.add(fn.file);
    if (spawn) files.add(spawn.fn.file);
  }
  return [...files];
}

function callsByMap({ syncMapCalls, outline }: Memory): Iterable<readonly SyncMapCall[]> {
  const byMap = new Map<string, SyncMapCall[]>();
  for (const [, calls] of [...syncMapCalls].sort(([a], [b]) => outline.inOrder(a, b))) {
    for (const call of calls) {
      const known = byMap.get(call.map);
      if (known) known.push(call);
      else byMap.set(call.map, [call]);
    }
  }
  return byMap.values();
}

function programEvidence({ summaries, outline, nilWrites, starts }: Memory): ProgramEvidence {
  const inOrder = (a: Fn, b: Fn): number => outline.inOrder(a.facts, b.facts) || a.pos - b.pos;
  return {
    summaries,
    nilWrites: [...nilWrites].sort(([a], [b]) => inOrder(a, b)).flatMap(([, writes]) => writes),
    starts: [...starts].sort(inOrder),
  };
}

/** Of Findings that concern one place, the first, where the rule flags a place once. */
function oncePerPlace(findings: readonly CoreFinding[]): CoreFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, accesses: [{ path, pos }] }) => {
    if (!ONCE_PER_PLACE.has(code)) return true;
    const place = `${code} ${path}:${pos}`;
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}

const RANK = { definite: 0, likely: 1, possible: 2 } as const;

/** By place, then by code and what tells Findings of one place apart: the same whatever they were found in. */
function byPlace(a: CoreFinding, b: CoreFinding): number {
  const [x] = a.accesses;
  const [y] = b.accesses;
  return (
    compare(x.path, y.path) ||
    x.pos - y.pos ||
    compare(a.code, b.code) ||
    RANK[a.confidence] - RANK[b.confidence] ||
    compare(a.map.path, b.map.path) ||
    a.map.pos - b.map.pos ||
    a.map.depth - b.map.depth ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
