/**
 * What an expression may stand for: a path to something that outlives the expression, something made here, or
 * a function. Names are followed to what they were ever given, so `m := s.items` makes `m` the path `s.items`.
 *
 * Flow-insensitive within a function; what calls return is `calledValues.ts`. What cannot be told is `unknown`, and later phases stay silent about it.
 */
import { type Question, sameOrOther } from "../calls/answers.ts";
import { nameOfVar, type World } from "../calls/callees.ts";
import { type DeclFacts, type Definition, type Fn, unparen } from "../calls/functions.ts";
import { isNamed, mapType, structType, under } from "../calls/typeShape.ts";
import type { CompositeLit, Expr, Ident, SelectorExpr } from "../syntax/ast.ts";
import type { Info, Package, Selection, Type, Var } from "../types/types.ts";
import { valuesOfCall } from "./calledValues.ts";
import {
  eachOf,
  extend,
  isEndOfChannel,
  LOADED,
  type Path,
  pathKey,
  pathOf,
  RECEIVED,
  type Step,
} from "./path.ts";

export type Value = PathValue | FreshValue | FuncValue | ConstantValue | UnknownValue;
export interface PathValue {
  readonly kind: "path";
  readonly path: Path;
  /** True where the root is a local that only ever held what was made in its function: nobody else has it yet. */
  readonly owned: boolean;
}
export interface FreshValue {
  readonly kind: "fresh";
}
export interface FuncValue {
  readonly kind: "func";
  readonly fn: Fn;
  /** What a method value is bound to. */
  readonly receiver: readonly Value[];
}
/** What a parameter is given where that is a constant. */
export interface ConstantValue {
  readonly kind: "constant";
  readonly text: string;
}
export interface UnknownValue {
  readonly kind: "unknown";
}

/** Where an expression stands: all that evaluating it needs. A {@link Fn} is one. */
export interface Scope {
  readonly pkg: Package;
  readonly info: Info;
  readonly facts: DeclFacts;
}

export const UNKNOWN: readonly Value[] = [{ kind: "unknown" }];
export const FRESH: readonly Value[] = [{ kind: "fresh" }];
/** More aliases than this and a value counts as unknown. */
const MOST_ALIASES = 4;

/** What `e` may stand for. Never empty, except for `nil` and constants. */
export function valuesOf(world: World, e: Expr, scope: Scope): readonly Value[] {
  const x = unparen(e);
  switch (x.kind) {
    case "Ident":
      return valuesOfIdent(world, x, scope);
    case "SelectorExpr":
      return valuesOfSelector(world, x, scope);
    case "IndexExpr":
      if (under(scope.info.typeOf(x.x)).kind === "signature") return valuesOf(world, x.x, scope);
      return through(world, valuesOf(world, x.x, scope), [elementStep(x.indices[0]!, scope)], scope);
    case "TypeAssertExpr":
      return (mapType(scope.info.typeOf(x)) && loadedBy(world, x.x, scope)) ?? valuesOf(world, x.x, scope);
    case "StarExpr":
      return (mapType(scope.info.typeOf(x)) && loadedBy(world, x.x, scope)) ?? valuesOf(world, x.x, scope);
    case "SliceExpr":
      return valuesOf(world, x.x, scope);
    case "UnaryExpr":
      if (x.op === "&") return valuesOf(world, x.x, scope);
      return UNKNOWN;
    case "CompositeLit":
      return FRESH;
    case "FuncLit": {
      const fn = scope.facts.literal.get(x);
      return fn ? [{ kind: "func", fn, receiver: [] }] : UNKNOWN;
    }
    case "CallExpr":
      return valuesOfCall(world, x, scope, 0);
    case "BasicLit":
      return [];
    default:
      return UNKNOWN;
  }
}

/**
 * For what was loaded from a `sync.Map`, the value under that key, and for what was loaded from an atomic pointer or
 * value, what it holds: what one goroutine takes out, others can. Null for anything else.
 */
function loadedBy(world: World, e: Expr, scope: Scope): readonly Value[] | null {
  let x = unparen(e);
  const obj = x.kind === "Ident" ? scope.info.objectOf(x) : null;
  if (obj?.kind === "var") {
    const [only, ...more] = scope.facts.definitions.get(obj.origin) ?? [];
    if (!only?.expr || only.how !== "value" || only.index > 0 || more.length > 0) return null;
    x = unparen(only.expr);
  }
  const fun = x.kind === "CallExpr" ? unparen(x.fun) : null;
  if (x.kind !== "CallExpr" || fun?.kind !== "SelectorExpr") return null;
  const selection = scope.info.selectionOf(fun);
  if (selection?.kind !== "method" || !/^Load(OrStore)?$/.test(selection.obj.name)) return null;
  const holder = selection.path.at(-1)?.type() ?? selection.recv;
  const step = isNamed(holder, "sync", "Map")
    ? elementStep(x.args[0]!, scope)
    : isNamed(holder, "sync/atomic", "Pointer") || isNamed(holder, "sync/atomic", "Value")
      ? LOADED
      : null;
  return step && through(world, receiverOf(world, fun, selection, scope), [step], scope);
}

function elementStep(index: Expr, scope: Scope): Step {
  const constant = scope.info.constOf(index);
  if (constant !== null) return { kind: "element", key: String(constant) };
  const x = unparen(index);
  const obj = x.kind === "Ident" ? scope.info.objectOf(x) : null;
  const definitions = (obj?.kind === "var" && scope.facts.definitions.get(obj.origin)) || [];
  const isOfLoop = obj?.kind === "var" && definitions.length === 1 && definitions[0]!.how === "key";
  return isOfLoop ? eachStep(obj.origin, scope) : { kind: "element", key: "" };
}

/** The step to what a loop is at whose head has the variable. Loops are told apart by the names in their heads. */
function eachStep(variable: Var, { facts }: Scope): Step {
  const loop = facts.loopOf.get(variable);
  if (loop?.kind !== "RangeStmt") return { kind: "element", key: "" };
  const names = [loop.key, loop.value].map((e) => (e?.kind === "Ident" ? e.name : "_"));
  return eachOf(`${names.join()} of ${facts.functions[0]?.name ?? ""}`);
}

function valuesOfIdent(world: World, id: Ident, scope: Scope): readonly Value[] {
  const obj = scope.info.objectOf(id);
  if (obj === null) return UNKNOWN;
  if (obj.kind === "func") {
    const fn = world.fnOf(obj);
    return fn ? [{ kind: "func", fn, receiver: [] }] : UNKNOWN;
  }
  if (obj.kind === "nil") return [];
  return obj.kind === "var" ? valuesOfVar(world, obj, scope) : UNKNOWN;
}

/** What a variable may stand for: itself, or for a local what it was given. */
export function valuesOfVar(world: World, v: Var, scope: Scope): readonly Value[] {
  const variable = v.origin;
  if (variable.role !== "local" && variable.role !== "result") return [itself(variable, false)];
  return world.answers.ask(LOCAL, scope.facts, variable);
}

const LOCAL: Question<DeclFacts, Var, readonly Value[]> = {
  // A variable that is defined by itself (`m = append(m, …)`) is itself.
  unknown: [],
  name: (_, variable) => nameOfVar(variable),
  find(world, facts, variable) {
    // A goroutine that captures it finds what a later round has put there.
    if (facts.oneForAllRounds.has(variable)) return [itself(variable, false)];
    const scope: Scope = { pkg: facts.site.pkg, info: facts.info, facts };
    const definitions = facts.definitions.get(variable) ?? [];
    const values = definitions.flatMap((d) => valuesOfDefinition(world, variable, d, scope));
    const aliases = distinct(values.filter((value) => value.kind === "path" || value.kind === "func"));
    const earlier = aliases.some(
      (value) => isOfEarlierRound(variable, value, scope) || isPartOfItself(variable, value),
    );
    const unknown = earlier || definitions.length === 0 || values.some((value) => value.kind === "unknown");
    const fresh = values.some((value) => value.kind === "fresh");
    let result: readonly Value[];
    if (aliases.length === 0 || earlier) result = [itself(variable, !unknown)];
    else if (aliases.length > MOST_ALIASES || !sharesWhenCopied(variable.type()))
      result = [itself(variable, false)];
    else result = fresh || unknown ? [...aliases, itself(variable, !unknown)] : aliases;
    return result;
  },
};

/** True where a variable outside a loop holds what a variable of the loop was in a round before. */
function isOfEarlierRound(variable: Var, value: Value, scope: Scope): boolean {
  if (value.kind !== "path") return false;
  const loop = scope.facts.loopOf.get(value.path.root);
  const at = variable.at?.ident;
  return loop !== undefined && at !== undefined && (at.pos < loop.pos || at.pos >= loop.end);
}

/** True for what a variable that goes from link to link is given: a part of what it held before. */
function isPartOfItself(variable: Var, value: Value): boolean {
  return value.kind === "path" && value.path.root === variable && value.path.steps.length > 0;
}

function itself(v: Var, owned: boolean): Value {
  return { kind: "path", path: pathOf(v), owned };
}

function valuesOfDefinition(world: World, variable: Var, d: Definition, scope: Scope): readonly Value[] {
  if (d.how === "zero") return FRESH;
  if (d.expr === null) return UNKNOWN;
  const x = unparen(d.expr);
  if (d.how === "value") {
    if (x.kind === "CallExpr") return valuesOfCall(world, x, scope, d.index);
    return d.index === 0 ? valuesOf(world, x, scope) : FRESH;
  }
  if (under(variable.type()).kind === "signature") return received(world, d, scope);
  if (d.how !== "element") return UNKNOWN;
  return through(world, valuesOf(world, x, scope), [eachStep(variable, scope)], scope);
}

/** A function that was received from a channel: whatever is sent on that. */
function received(world: World, { how, expr }: Definition, scope: Scope): readonly Value[] {
  const x = expr ? unparen(expr) : null;
  const channel = how === "received" && x?.kind === "UnaryExpr" ? x.x : how === "key" ? x : null;
  if (channel === null || under(scope.info.typeOf(channel)).kind !== "chan") return UNKNOWN;
  return through(world, valuesOf(world, channel, scope), [RECEIVED], scope);
}

/** References, and structs and interfaces, whose copies still reach the same maps. */
function sharesWhenCopied(t: Type): boolean {
  return under(t).kind !== "basic";
}

/** A key that tells values apart, functions by their name. */
export function valueKey(value: Value): string {
  return value.kind === "path"
    ? pathKey(value.path)
    : value.kind === "func"
      ? value.fn.name
      : JSON.stringify(value);
}

/** The values, each once. */
export function distinct(values: readonly Value[]): Value[] {
  const seen = new Set<unknown>();
  return values.filter((value) => {
    const key =
      value.kind === "path" ? pathKey(value.path) : value.kind === "func" ? value.fn : JSON.stringify(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function valuesOfSelector(world: World, e: SelectorExpr, scope: Scope): readonly Value[] {
  const selection = scope.info.selectionOf(e);
  if (selection === null) return valuesOfIdent(world, e.sel, scope);
  if (selection.kind === "field") {
    const own = ownField(world, e, selection, scope);
    if (own !== null) return own;
    return through(world, valuesOf(world, e.x, scope), fieldSteps(selection), scope);
  }
  const fn = selection.obj.kind === "func" ? world.fnOf(selection.obj) : null;
  if (fn === null) return UNKNOWN;
  const receiver = selection.kind === "method" ? receiverOf(world, e, selection, scope) : [];
  return [{ kind: "func", fn, receiver }];
}

/**
 * What a field of a local struct stands for where the function gives it a value: what that has is not the map of
 * whatever the local is a copy of. Null for any other selection.
 */
function ownField(
  world: World,
  e: SelectorExpr,
  selection: Selection,
  scope: Scope,
): readonly Value[] | null {
  const base = unparen(e.x);
  const local = base.kind === "Ident" ? scope.info.objectOf(base) : null;
  if (
    local?.kind !== "var" ||
    local.role === "param" ||
    selection.path.length > 0 ||
    selection.obj.kind !== "var"
  )
    return null;
  const throughPointer = under(local.type()).kind === "pointer";
  if (!throughPointer && under(local.type()).kind !== "struct") return null;
  const field = selection.obj.origin;
  if (!scope.facts.ownFields.get(local.origin)?.some((own) => own.field === field)) return null;
  const values = world.answers.ask(OWN_FIELDS, scope.facts, local.origin).get(field);
  // While it is being found, a local that is given itself is itself.
  if (values === undefined) return null;
  const aliases = values.filter((value) => value.kind === "path" || value.kind === "func");
  if (aliases.length > 0) return aliases;
  if (throughPointer) return null;
  const owned = values.every((value) => value.kind === "fresh");
  return [{ kind: "path", path: extend(pathOf(local.origin), [{ kind: "field", field }])!, owned }];
}

/** True where all that a field of a local struct, or of one that is passed by value, is ever given was made for it. */
export function isGivenFreshAlone(world: World, holder: Var, field: Var, facts: DeclFacts): boolean {
  if (!facts.ownFields.get(holder.origin)?.some((own) => own.field === field)) return false;
  const values = world.answers.ask(OWN_FIELDS, facts, holder.origin).get(field) ?? [];
  return values.length > 0 && values.every((value) => value.kind === "fresh");
}

/** What the fields of a local struct are given, by field. */
const OWN_FIELDS: Question<DeclFacts, Var, ReadonlyMap<Var, readonly Value[]>> = {
  unknown: new Map(),
  name: (_, variable) => nameOfVar(variable),
  find(world, facts, variable) {
    const scope: Scope = { pkg: facts.site.pkg, info: facts.info, facts };
    const byField = new Map<Var, Value[]>();
    for (const { field, expr } of facts.ownFields.get(variable) ?? []) {
      byField.set(field, distinct([...(byField.get(field) ?? []), ...valuesOf(world, expr, scope)]));
    }
    return byField;
  },
};

/** The steps of a selection: the embedded fields on the way, and the field itself. */
export function fieldSteps(selection: Selection): Step[] {
  return embeddedSteps(selection.obj.kind === "var" ? [...selection.path, selection.obj] : selection.path);
}

/** What the receiver of a method call or method value stands for. */
export function receiverOf(
  world: World,
  e: SelectorExpr,
  selection: Selection,
  scope: Scope,
): readonly Value[] {
  return through(world, valuesOf(world, e.x, scope), embeddedSteps(selection.path), scope);
}

/** The steps through embedded fields. */
export function embeddedSteps(fields: readonly Var[]): Step[] {
  return fields.map((field) => ({ kind: "field", field: field.origin }));
}

/** The parts of `values` that `steps` lead to. */
export function through(
  world: World,
  values: readonly Value[],
  steps: readonly Step[],
  scope: Scope,
): readonly Value[] {
  if (steps.length === 0) return values;
  return distinct(values.flatMap((value) => throughOne(world, value, steps, scope)));
}

function throughOne(world: World, value: Value, steps: readonly Step[], scope: Scope): readonly Value[] {
  // What comes out of a channel that cannot be told may be anything.
  if (
    value.kind !== "path" &&
    steps.find((step) => step.kind === "field" || isEndOfChannel(step))?.kind === "element"
  )
    return UNKNOWN;
  if (value.kind === "fresh") {
    const [first] = steps;
    if (steps.length < 2 || first?.kind !== "field" || !holdsOthers(world, first.field)) return FRESH;
    return throughOne(world, itself(first.field, false), steps.slice(1), scope);
  }
  if (value.kind === "func" || value.kind === "constant") return UNKNOWN;
  if (value.kind === "unknown") {
    // Some instance of the field's struct, nobody knows which: still that field.
    const at = steps.findIndex((step) => step.kind === "field");
    const first = steps[at];
    if (first?.kind !== "field") return UNKNOWN;
    return throughOne(world, itself(first.field, false), steps.slice(at + 1), scope);
  }
  if (steps.length === 0) return [value];
  const given = givenInLiteral(world, value, steps[0]!, scope);
  if (given !== null) return through(world, given, steps.slice(1), scope);
  const path = extend(value.path, steps);
  return path === null ? UNKNOWN : [{ kind: "path", path, owned: value.owned }];
}

/** True for a pointer field that is given, somewhere in the program, what was not made for it: it may be shared. */
export function holdsOthers(world: World, field: Var): boolean {
  if (under(field.type()).kind !== "pointer") return false;
  return world.answers.ask(HOLDS_OTHERS, field.origin, field.origin);
}

const HOLDS_OTHERS: Question<Var, Var, boolean> = {
  unknown: false,
  name: nameOfVar,
  compare: sameOrOther,
  find: (world, field) =>
    world
      .storesOf(field)
      .some((store) =>
        valuesOf(world, store.expr, store.scope).some((v) => v.kind === "unknown" || isOthers(v)),
      ),
};

function isOthers(value: Value): boolean {
  return value.kind === "path" && !value.owned;
}

/** For a local made by `T{f: x}`, what its field `f` was given, where that is something others have too. */
function givenInLiteral(world: World, value: PathValue, step: Step, scope: Scope): readonly Value[] | null {
  if (!value.owned || value.path.steps.length > 0 || step.kind !== "field") return null;
  const definitions = scope.facts.definitions.get(value.path.root) ?? [];
  if (!definitions.some((d) => d.expr && literalOf(d.expr)) || !sharesWhenCopied(step.field.type()))
    return null;
  const given = world.answers.ask(GIVEN, scope.facts, extend(value.path, [step])!);
  return given.length > 0 ? given : null;
}

/** A question of its own, as a local may be given a new literal that is made of its field: `x = T{f: wrap(x.f)}`. */
const GIVEN: Question<DeclFacts, Path, readonly Value[]> = {
  unknown: [],
  name: (_, { root, steps }) =>
    `${nameOfVar(root)} ${steps.map((s) => (s.kind === "field" ? s.field.name : "")).join()}`,
  find(world, facts, { root, steps: [step] }) {
    const scope: Scope = { pkg: facts.site.pkg, info: facts.info, facts };
    if (step?.kind !== "field") return [];
    for (const d of facts.definitions.get(root) ?? []) {
      const literal = d.expr && literalOf(d.expr);
      const given = literal && elementFor(literal, step.field, scope.info);
      if (!given) continue;
      const values = valuesOf(world, given, scope).filter((v) => v.kind === "path" || v.kind === "func");
      if (values.length > 0) return values;
    }
    return [];
  },
};

export function literalOf(e: Expr): CompositeLit | null {
  let x = unparen(e);
  if (x.kind === "UnaryExpr" && x.op === "&") x = unparen(x.x);
  return x.kind === "CompositeLit" ? x : null;
}

export function elementFor(literal: CompositeLit, field: Var, info: Info): Expr | null {
  const struct = structType(info.typeOf(literal));
  const position = struct ? struct.fields.findIndex((f) => f.origin === field) : -1;
  for (const [i, element] of literal.elts.entries()) {
    if (element.kind !== "KeyValueExpr") {
      if (i === position) return element;
    } else if (element.key.kind === "Ident" && element.key.name === field.name) return element.value;
  }
  return null;
}
