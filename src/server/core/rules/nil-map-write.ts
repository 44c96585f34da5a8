/**
 * A write into a map that no path has made: the program panics there, which can be recovered.
 *
 * Flagged are variables that are declared without a map and written to before anything assigns them: locals on
 * the way of their own function, package-level variables and unexported fields that nothing in the program
 * assigns, and package-level variables on the way from `main`.
 */
import type { Access } from "../accesses/events.ts";
import { groupKey } from "../accesses/path.ts";
import { mapType } from "../calls/typeShape.ts";
import type { Confidence, CoreFinding } from "../finding.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import type { Var } from "../types/types.ts";
import type { Side } from "./conflicts.ts";
import type { MapEvidence, ProgramEvidence, Rule } from "./rule.ts";
import { coreAccess, coreMap, lineLabel, mapName } from "./wording.ts";

const HELP = `A map variable that was declared but never made is nil. Reading it gives zero values; writing into
it panics with \`assignment to entry in nil map\`.

**Wrong**
\`\`\`go
var settings map[string]string

func set(k, v string) { settings[k] = v } // nothing ever makes the map
\`\`\`

**Right**
\`\`\`go
var settings = make(map[string]string)
\`\`\`

**What it does not see.** Maps that something outside the program may assign: exported variables and fields,
addresses handed to a library (\`json.Unmarshal(data, &settings)\`), reflection. It stays silent there.`;

export const nilMapWrite: Rule = {
  code: "nil-map-write",
  title: "A write into a map that nobody made",
  help: HELP,
  oncePerPlace: true,
  onMap: neverMade,
  onProgram: (program) => [...nilOnTheWay(program), ...notYetMade(program)],
};

function neverMade({ group, assigned }: MapEvidence): CoreFinding[] {
  const { owner, depth } = group;
  if (assigned || depth > 0 || !mapType(owner.type()) || !isClosed(owner) || !owner.pkg?.inWorkspace)
    return [];
  const use = group.uses.find(({ access }) => access.kind === "write" && access.variable !== null);
  return use ? findingOf(use, "definite", owner, "nothing in the program makes it") : [];
}

/** Only code of its package can give it a value. */
function isClosed(v: Var): boolean {
  return (
    v.pkg !== null &&
    !/^\p{Lu}/u.test(v.name) &&
    (v.role === "package" || (v.role === "field" && !v.embedded))
  );
}

/** Writes into values that were made without the map, on the way of the function that made them. */
function nilOnTheWay({ nilWrites }: ProgramEvidence): CoreFinding[] {
  const found = new Map<unknown, CoreFinding>();
  for (const { access, spawn, within, inSomeCase } of nilWrites) {
    const step = access.path.steps.at(-1);
    const owner = step?.kind === "field" ? step.field : access.path.root;
    if (isTestFile(access.fn) || isTestFile(within) || found.has(access.node)) continue;
    const side: Side = { access, spawn, entry: within, from: spawn ? "goroutine" : "start" };
    const why =
      step === undefined
        ? "it is declared without a map and nothing on the way here gives it one"
        : `${within.name} makes the ${access.path.root.name} without it and nothing on the way here makes it`;
    const confidence = inSomeCase ? "possible" : "likely";
    for (const finding of findingOf(side, confidence, owner, why)) found.set(access.node, finding);
  }
  return [...found.values()];
}

/** Package-level maps that are written on a way from `main` before anything has assigned them. */
function notYetMade({ summaries, starts }: ProgramEvidence): CoreFinding[] {
  const found: CoreFinding[] = [];
  const initialised = new Set<string>();
  for (const fn of starts) {
    if (fn.isLiteral || fn.node.name.name !== "init") continue;
    for (const path of summaries.summaryOf(fn).makes) initialised.add(groupKey(path));
  }
  for (const fn of starts) {
    if (fn.name !== "main.main") continue;
    const summary = summaries.summaryOf(fn);
    const sides: Side[] = [
      ...summary.accesses
        .filter(mayMissItsMap)
        .map((access): Side => ({ access, spawn: null, entry: fn, from: "start" })),
      ...summary.spawns.flatMap((spawn) =>
        spawn.accesses
          .filter(mayMissItsMap)
          .map((access): Side => ({ access, spawn, entry: fn, from: "goroutine" })),
      ),
    ];
    const flagged = new Set<Var>();
    for (const side of sides) {
      const { path } = side.access;
      const v = path.root;
      if (flagged.has(v) || initialised.has(groupKey(path)) || isInitialised(v)) continue;
      if (summaries.world.storesOf(v).length === 0) continue;
      flagged.add(v);
      found.push(...findingOf(side, "likely", v, "nothing on the way from main has made it"));
    }
  }
  return found;
}

/** True for a write into a package-level map that nothing on the way has made. */
function mayMissItsMap({ path, kind, made, variable }: Access): boolean {
  return (
    kind === "write" && !made && variable !== null && path.steps.length === 0 && path.root.role === "package"
  );
}

function isInitialised(v: Var): boolean {
  const decl = v.at?.decl;
  if (decl?.kind !== "VarDecl") return true;
  const spec = decl.specs.find((s) => s.names.some((name) => name === v.at?.ident));
  return spec === undefined || spec.values.length > 0;
}

function findingOf(side: Side, confidence: Confidence, v: Var, why: string): CoreFinding[] {
  const map = coreMap(v, 0);
  if (map === null) return [];
  const place = lineLabel(side.access.fn, side.access.node);
  const message = `map ${mapName(v, 0)} is written at ${place} but ${why}: the write panics with "assignment to entry in nil map"`;
  return [
    {
      code: "nil-map-write",
      message,
      severity: "error",
      confidence,
      map,
      accesses: [coreAccess(side)],
      reasoning: `Declared without a value; ${why}.`,
      advice: null,
    },
  ];
}
