/**
 * Which functions a call may reach: declared ones, methods of the concrete types behind an interface, function
 * values that a local, field or parameter holds.
 *
 * What happens at the call (locks, goroutines, accesses) is for the walk that asks.
 */

import { RECEIVED } from "../accesses/path.ts";
import { embeddedSteps, receiverOf, type Scope, through, type Value, valuesOf } from "../accesses/values.ts";
import type { CallExpr, Decl, Expr, SelectorExpr } from "../syntax/ast.ts";
import type { Func, Info, Interface, Package, Selection, Type, Var } from "../types/types.ts";
import { type Answers, createAnswers, type Question, type Subject, sameOrOther } from "./answers.ts";
import { declFacts } from "./declFacts.ts";
import { type DeclFacts, type Fn, unparen } from "./functions.ts";
import {
  type Implementation,
  implementationsAmong,
  type TypesWithMethods,
  typesWithMethods,
} from "./implementations.ts";
import { isStandard, isTest, type Outline, type OutlineChange } from "./outline.ts";
import { deref, interfaceType, mapType, qualifiedName, structType, under } from "./typeShape.ts";

/** One function that a call may reach. */
export type Callee =
  | {
      readonly kind: "fn";
      readonly fn: Fn;
      readonly receiver: readonly Value[];
      /** True where other functions may be reached as well, by another type behind an interface. */
      readonly dynamic: boolean;
      /** True for a call through an interface, whatever is known to be behind it. */
      readonly hidden: boolean;
    }
  /** A parameter of the function that calls it: its callers know what it is. */
  | { readonly kind: "parameter"; readonly parameter: Var }
  /** A function whose body is not read. `copies`: its result shares nothing with its arguments. */
  | { readonly kind: "external"; readonly func: Func; readonly copies: boolean };

/** What one analysis of a program knows and keeps: the memory of all phases, for one version of the program. */
export interface World {
  readonly answers: Answers;
  /** Which declarations give a field or package-level variable a value. */
  readonly givers: Map<Var, Set<DeclFacts>>;
  /** The packages of the workspace, as far as they are read. */
  packages(): readonly Package[];
  /** The workspace's types with methods; null until somebody asks. */
  types: TypesWithMethods | null;
  /** Everything that a field or package-level variable is given in the workspace; for questions about it. */
  storesOf(holder: Var): readonly Store[];
  fnOf(func: Func): Fn | null;
}

/** Stands for the methods that types have, in what hangs on them. */
const METHODS: Subject = {};

/** A memory that knows nothing yet. */
export function createWorld(outline: Outline): World {
  const world: World = {
    answers: createAnswers(() => world),
    givers: new Map(),
    packages: outline.packages,
    types: null,
    storesOf: (holder) => {
      world.answers.lookAt(holder.origin);
      const givers = [...(world.givers.get(holder.origin) ?? [])];
      return givers.sort(outline.inOrder).flatMap((facts) => storesIn(facts, holder.origin));
    },
    fnOf: (func) => functionOf(world, func),
  };
  return world;
}

/** Adds a declaration to a set in a map. */
export function addTo<K>(map: Map<K, Set<DeclFacts>>, key: K, value: DeclFacts): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

/** What a new version of the program changed in what was found out. */
export interface Renewal {
  /** Declarations that have other answers than before, or none yet. */
  readonly outdated: ReadonlySet<DeclFacts>;
  /** Functions that changed and, as far as anybody else can tell, do what they did before. */
  readonly retold: ReadonlySet<DeclFacts>;
  /** Functions of these whose inner life is another one. */
  readonly alike: readonly Fn[];
}

/** Takes over a new version of the program, and forgets what the change may have made wrong. */
export function renewWorld(world: World, change: OutlineChange): Renewal {
  const { gone, come, changed, reshaped } = change;
  const lost = new Set<Subject>(come);
  const asked = new Set<Subject>();
  const given = new Set(come);
  for (const { facts, holders } of [...gone, ...changed]) {
    for (const holder of holders) {
      world.givers.get(holder)?.delete(facts);
      asked.add(holder);
    }
  }
  for (const { facts } of gone) lost.add(facts);
  for (const { facts, holders, functions } of changed) {
    given.add(facts);
    // Rules ask a function what it gives values to.
    if (sameHolders(facts.holders, holders) && functions.length > 0 === facts.functions.length > 0)
      asked.add(facts);
    else lost.add(facts);
  }
  for (const facts of given) {
    for (const holder of facts.holders) {
      addTo(world.givers, holder, facts);
      asked.add(holder);
    }
  }
  if (reshaped) {
    world.types = null;
    lost.add(METHODS);
  }
  const { forgotten, alike } = world.answers.renew(lost, asked);
  if (reshaped) world.answers.drop(new Set(gone.map(({ facts }) => facts)));
  const outdated = new Set([...forgotten].filter(isDeclaration));
  for (const { facts } of gone) outdated.delete(facts);
  const retold = new Set([...given].filter((facts) => !outdated.has(facts)));
  const functions = [...retold].flatMap((facts) => facts.functions);
  return { outdated, retold, alike: functions.filter((fn) => alike.has(fn)) };
}

function sameHolders(a: readonly Var[], b: readonly Var[]): boolean {
  return a.length === b.length && a.every((holder, i) => holder === b[i]);
}

function isDeclaration(subject: Subject): subject is DeclFacts {
  return "functions" in subject;
}

/** The body of a declared function, or null where it has none in source. */
function functionOf(world: World, func: Func): Fn | null {
  const { func: decl, pkg } = func.origin;
  if (decl === null || pkg === null || (decl.body === null && !pkg.inWorkspace)) return null;
  const facts = declFacts(pkg, decl);
  world.answers.lookAt(facts);
  return facts.functions[0] ?? null;
}

/** More implementations than this and a call through an interface tells nothing. */
const MOST_IMPLEMENTATIONS = 3;

/** All functions that `call` may reach; empty where that cannot be told. */
export function calleesOf(world: World, call: CallExpr, scope: Scope): readonly Callee[] {
  const fun = calledExpression(call);
  if (fun.kind === "SelectorExpr") {
    const selection = scope.info.selectionOf(fun);
    if (selection?.kind === "method") return calleesOfMethod(world, fun, selection, scope);
    if (selection === null) return calleesOfName(world, fun.sel, scope);
  }
  return calleesOfName(world, fun, scope);
}

/** The called expression without parentheses and instantiation. */
export function calledExpression(call: CallExpr): Expr {
  let fun = unparen(call.fun);
  if (fun.kind === "IndexExpr") {
    const base = unparen(fun.x);
    if (base.kind === "Ident" || base.kind === "SelectorExpr") fun = base;
  }
  return fun;
}

/** The declared function or method that a call names, or null for function values. */
export function namedCallee(call: CallExpr, scope: Scope): Func | null {
  const fun = calledExpression(call);
  if (fun.kind === "SelectorExpr") {
    const selection = scope.info.selectionOf(fun);
    if (selection !== null)
      return selection.kind === "method" && selection.obj.kind === "func" ? selection.obj : null;
    const obj = scope.info.objectOf(fun.sel);
    return obj?.kind === "func" ? obj : null;
  }
  const obj = fun.kind === "Ident" ? scope.info.objectOf(fun) : null;
  return obj?.kind === "func" ? obj : null;
}

function calleesOfName(world: World, fun: Expr, scope: Scope): readonly Callee[] {
  const named = fun.kind === "Ident" ? scope.info.objectOf(fun) : null;
  if (named?.kind === "func") return [declared(world, named, [])];
  return valuesOf(world, fun, scope).flatMap((value) => calleesOfValue(world, value));
}

/** The functions that a function value may be. */
export function calleesOfValue(world: World, value: Value): readonly Callee[] {
  if (value.kind === "func")
    return [{ kind: "fn", fn: value.fn, receiver: value.receiver, dynamic: false, hidden: false }];
  if (value.kind !== "path") return [];
  const { root } = value.path;
  const isReceived = value.path.steps.at(-1) === RECEIVED;
  const steps = isReceived ? value.path.steps.slice(0, -1) : value.path.steps;
  if (steps.length === 0 && root.role === "param") return [{ kind: "parameter", parameter: root }];
  const last = steps.at(-1);
  const holder = last === undefined ? root : last.kind === "field" ? last.field : null;
  if (holder !== null && under(holder.type()).kind === "chan")
    return sentFunctions(world, holder).flatMap((f) => calleesOfValue(world, f));
  if (holder === null || (holder.role !== "field" && holder.role !== "package")) return [];
  const stored = storedFunctions(world, holder);
  const callees = stored.flatMap((f) => (f.kind === "func" ? calleesOfValue(world, f) : []));
  // Which of several is in this value's field is not told.
  if (stored.length < 2 || holder.role !== "field") return callees;
  return callees.map((callee) => (callee.kind === "fn" ? { ...callee, dynamic: true } : callee));
}

function declared(world: World, func: Func, receiver: readonly Value[]): Callee {
  const isRead = func.pkg?.inWorkspace || handlesMaps(func) || holdsGroup(func);
  const fn = isRead ? world.fnOf(func) : null;
  if (fn) return { kind: "fn", fn, receiver, dynamic: false, hidden: false };
  const copies = func.pkg?.path === "maps" && (func.name === "Clone" || func.name === "Collect");
  return { kind: "external", func, copies };
}

/** Packages whose functions are known without reading them. */
const KNOWN: ReadonlySet<string> = new Set(["maps", "golang.org/x/exp/maps", "reflect", "runtime"]);

/** True for functions of dependencies that are worth reading: they are handed a map as it is, such as `Header.Set`. */
function handlesMaps(func: Func): boolean {
  const type = func.type();
  if (func.pkg === null || KNOWN.has(func.pkg.path) || type.kind !== "signature") return false;
  if (type.recv !== null && mapType(type.recv.type()) !== null) return true;
  return type.params.vars.some((v) => mapType(v.type()) !== null);
}

/** True for methods of dependencies that wait for goroutines, or tell that one is done, by a group that they hold. */
function holdsGroup(func: Func): boolean {
  const type = func.type();
  if (func.pkg === null || isStandard(func.pkg.path) || type.kind !== "signature" || type.recv === null)
    return false;
  const fields = structType(deref(type.recv.type()))?.fields ?? [];
  return fields.some((field) => qualifiedName(deref(field.type())) === "sync.WaitGroup");
}

function calleesOfMethod(
  world: World,
  e: SelectorExpr,
  selection: Selection,
  scope: Scope,
): readonly Callee[] {
  if (selection.obj.kind !== "func") return [];
  const receiver = receiverOf(world, e, selection, scope);
  const last = selection.path.at(-1);
  const holder: Type = last ? last.type() : selection.recv;
  const iface = interfaceType(deref(holder));
  if (iface === null) return [declared(world, selection.obj, receiver)];
  const found = outsideTests(implementations(world, iface, selection.obj.name), scope);
  if (found.length === 0) return [{ kind: "external", func: selection.obj, copies: false }];
  if (found.length > MOST_IMPLEMENTATIONS) return [];
  const dynamic = found.length > 1 || found.some(({ byName }) => byName);
  return found.flatMap(({ func, path }): Callee[] => {
    const fn = world.fnOf(func);
    if (fn === null) return [];
    const inner = through(world, receiver, embeddedSteps(path), scope);
    return [{ kind: "fn", fn, receiver: inner, dynamic, hidden: true }];
  });
}

/** What tests put behind an interface counts where there is nothing else, and in tests. */
function outsideTests(found: readonly Implementation[], scope: Scope): readonly Implementation[] {
  if (isTest(scope.facts.site.file)) return found;
  const others = found.filter(({ func: { at } }) => at === null || !isTest(at.file));
  return others.length > 0 ? others : found;
}

/** The methods that a call of method `name` of an interface may reach. */
export function implementations(world: World, iface: Interface, name: string): readonly Implementation[] {
  world.answers.lookAt(METHODS);
  world.types ??= typesWithMethods(world.packages());
  return implementationsAmong(world.types, iface, name);
}

/** The names of all methods of an interface, those of embedded interfaces included. */
export function interfaceMethods(iface: Interface, depth = 0): Set<string> {
  const names = new Set(iface.methods.map((method) => method.name));
  if (depth > 5) return names;
  for (const embedded of iface.embedded) {
    const inner = interfaceType(embedded);
    if (inner) for (const name of interfaceMethods(inner, depth + 1)) names.add(name);
  }
  return names;
}

/** A value that a field or package-level variable is given somewhere in the workspace. */
export interface Store {
  readonly expr: Expr;
  readonly info: Info;
  readonly scope: Scope;
}

function storesIn(facts: DeclFacts, holder: Var): Store[] {
  const { site, info } = facts;
  return facts.stores
    .filter((store) => store.holder === holder)
    .map(({ expr }) => ({ expr, info, scope: { pkg: site.pkg, info, facts } }));
}

function storesOfFunctions(world: World, holder: Var): readonly Store[] {
  return world.storesOf(holder).filter(({ expr, info }) => under(info.typeOf(expr)).kind === "signature");
}

function isOutsideTests({ scope }: Store): boolean {
  return !isTest(scope.facts.site.file);
}

/** The functions that a field or package-level variable is given anywhere in the workspace. */
function storedFunctions(world: World, holder: Var): readonly Value[] {
  return world.answers.ask(STORED_FUNCTIONS, holder.origin, holder.origin);
}

const STORED_FUNCTIONS: Question<Var, Var, readonly Value[]> = {
  unknown: [],
  name: nameOfVar,
  compare: sameOrOther,
  find(world, holder) {
    const all = storesOfFunctions(world, holder);
    // What tests put in the place of a function is for them.
    const own = all.filter(isOutsideTests);
    const functions = (own.length > 0 ? own : all)
      .flatMap((store) => valuesOf(world, store.expr, store.scope))
      .filter((value) => value.kind === "func");
    return functions.length > MOST_IMPLEMENTATIONS ? [] : functions;
  },
};

/** More functions than this sent on one channel and a call of what is received tells nothing. */
const MOST_SENT = 8;

/**
 * The functions that are sent on a channel anywhere in the workspace: whoever calls what it receives calls all of them.
 * Those that are sent by a function that is handed them are looked for where it is called.
 */
function sentFunctions(world: World, channel: Var): readonly Value[] {
  return world.answers.ask(SENT_FUNCTIONS, channel.origin, channel.origin);
}

const SENT_FUNCTIONS: Question<Var, Var, readonly Value[]> = {
  unknown: [],
  name: nameOfVar,
  compare: sameOrOther,
  find(world, holder) {
    const functions = storesOfFunctions(world, holder)
      .filter(isOutsideTests)
      .flatMap((store) => valuesOf(world, store.expr, store.scope))
      .flatMap((value) => {
        const isParameter =
          value.kind === "path" && value.path.root.role === "param" && value.path.steps.length === 0;
        return isParameter ? sentFunctions(world, value.path.root) : value.kind === "func" ? [value] : [];
      });
    return functions.length > MOST_SENT ? [] : functions;
  },
};

/** A name for a variable that stays while text elsewhere changes. */
export function nameOfVar(variable: Var): string {
  const at = variable.at;
  const decl = at ? nameOfDecl(at.decl) : "";
  return `${variable.pkg?.path ?? ""} ${decl} ${variable.name} ${at?.ident.pos ?? 0}`;
}

function nameOfDecl(decl: Decl): string {
  if (decl.kind === "FuncDecl") return `${decl.receiverName ?? ""}.${decl.name.name}`;
  if (decl.kind === "TypeDecl") return decl.specs[0]?.name.name ?? "";
  return decl.kind === "VarDecl" ? (decl.specs[0]?.names[0]?.name ?? "") : "";
}
