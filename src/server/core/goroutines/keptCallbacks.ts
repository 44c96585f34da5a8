/**
 * What a dependency's own goroutines look into, told by reading its source: and so, which functions have what they are
 * handed called on a goroutine, at once or because they keep it where a goroutine comes by.
 *
 * Of a field it is not told of which instance, which errs towards "runs on a goroutine". A function that waits for what
 * it started has run the callback when it returns.
 */
import type { Scope } from "../accesses/values.ts";
import { calledExpression, namedCallee } from "../calls/callees.ts";
import { declFacts } from "../calls/declFacts.ts";
import { type DeclFacts, forEachChild, unparen } from "../calls/functions.ts";
import { implementationsAmong, type TypesWithMethods, typesWithMethods } from "../calls/implementations.ts";
import { deref, interfaceType, structType } from "../calls/typeShape.ts";
import type { CallExpr, Expr, FuncDecl, Node } from "../syntax/ast.ts";
import type { Info, Obj, Package, Var } from "../types/types.ts";
import { startedArgument } from "./librarySpawns.ts";

/** Callbacks handed on more often than this are not followed. */
const DEEPEST = 5;

/** The position that stands for a method's receiver. */
export const RECEIVER = -1;

/** A parameter of a function of a dependency, by its position. */
interface Taker {
  readonly pkg: Package;
  readonly decl: FuncDecl;
  readonly index: number;
}

/** What one function does with one of its parameters. */
interface Treatment {
  /** True where the function itself starts it, or keeps it where goroutines look. */
  readonly runs: boolean;
  readonly handsTo: readonly Taker[];
}

/** What is known of one dependency; it never changes. */
interface Reading {
  /** What its goroutines mention; null until somebody asks. */
  mentioned: ReadonlySet<Obj> | null;
  /** Its types, for what stands behind its interfaces; null until somebody asks. */
  types: TypesWithMethods | null;
  /** By declaration and position of a parameter. */
  readonly treatments: Map<FuncDecl, Map<number, Treatment>>;
  readonly answers: Map<FuncDecl, Map<number, boolean>>;
}

const readings = new WeakMap<Package, Reading>();

function readingOf(pkg: Package): Reading {
  let reading = readings.get(pkg);
  if (!reading) {
    reading = { mentioned: null, types: null, treatments: new Map(), answers: new Map() };
    readings.set(pkg, reading);
  }
  return reading;
}

/** The answer about a parameter, kept. */
function once<T>(kept: Map<FuncDecl, Map<number, T>>, { decl, index }: Taker, find: () => T): T {
  const known = kept.get(decl);
  if (known?.has(index)) return known.get(index)!;
  const answer = find();
  if (known) known.set(index, answer);
  else kept.set(decl, new Map([[index, answer]]));
  return answer;
}

/** True where the function that a call names has what it is handed as its parameter `index` called on a goroutine. */
export function runsOnGoroutine(call: CallExpr, index: number, scope: Scope): boolean {
  return takersOf(call, index, scope).some((start) =>
    once(readingOf(start.pkg).answers, start, () => search(start)),
  );
}

/** Nearest first, so that what is found does not hang on what was asked before. */
function search(start: Taker): boolean {
  let takers = [start];
  const met = new Set<string>();
  for (let depth = 0; depth < DEEPEST && takers.length > 0; depth++) {
    const treated = takers.map(treatmentOf);
    if (treated.some(({ runs }) => runs)) return true;
    takers = treated
      .flatMap(({ handsTo }) => handsTo)
      .filter(({ pkg, decl, index }) => {
        const key = `${pkg.path} ${pkg.fileOf(decl).path} ${pkg.fileOf(decl).startOf(decl)} ${index}`;
        return !met.has(key) && met.add(key);
      });
  }
  return false;
}

/** A test's functions are over when the test is, and what the runtime starts cannot be seen in its source. */
const NOT_READ: ReadonlySet<string> = new Set(["testing", "runtime"]);

/** The called function itself; for a method of an interface those that the interface's package has for it. */
function takersOf(call: CallExpr, index: number, scope: Scope): readonly Taker[] {
  const func = namedCallee(call, scope)?.origin;
  const pkg = func?.pkg ?? null;
  if (!func || pkg === null || pkg.inWorkspace || NOT_READ.has(pkg.path)) return [];
  if (func.func !== null) return [{ pkg, decl: func.func, index }];
  const fun = calledExpression(call);
  const selection = fun.kind === "SelectorExpr" ? scope.info.selectionOf(fun) : null;
  const iface = selection && interfaceType(deref(selection.path.at(-1)?.type() ?? selection.recv));
  if (!iface) return [];
  const reading = readingOf(pkg);
  reading.types ??= typesWithMethods([pkg]);
  return implementationsAmong(reading.types, iface, func.name).flatMap(({ func: method }) =>
    method.func && method.pkg === pkg ? [{ pkg, decl: method.func, index }] : [],
  );
}

/** The fields, package-level variables, functions and methods that a dependency's goroutines mention. */
export function mentionedOnGoroutines(pkg: Package): ReadonlySet<Obj> {
  const reading = readingOf(pkg);
  reading.mentioned ??= readPackage(pkg);
  return reading.mentioned;
}

/** Text that may have a `go` statement in it; bodies without are not read. */
const STARTS = /\bgo[ \t]+[\p{L}_(]/u;

function readPackage(pkg: Package): ReadonlySet<Obj> {
  const started: { readonly root: Node; readonly facts: DeclFacts }[] = [];
  for (const file of pkg.files) {
    const { text } = file;
    if (!STARTS.test(text)) continue;
    for (const decl of file.decls) {
      const start = file.startOf(decl);
      if (decl.kind !== "FuncDecl" || !STARTS.test(text.slice(start + decl.pos, start + decl.end))) continue;
      if (decl.body === null) continue;
      forEachNode(decl.body, (node) => {
        if (node.kind === "GoStmt") started.push({ root: node.call, facts: declFacts(pkg, decl) });
      });
    }
  }
  const found = new Set<Obj>();
  for (let next = started.pop(); next !== undefined; next = started.pop()) {
    const { root, facts } = next;
    forEachNode(root, (node) => {
      const obj = node.kind === "Ident" ? facts.info.objectOf(node) : null;
      if (obj?.kind !== "var" && obj?.kind !== "func") return;
      if (found.has(obj.origin)) return;
      found.add(obj.origin);
      if (obj.kind === "var") {
        // What a local of a goroutine was taken from is looked into as well.
        for (const { expr } of facts.definitions.get(obj.origin) ?? [])
          if (expr) started.push({ root: expr, facts });
      } else if (obj.origin.pkg === pkg && obj.origin.func?.body)
        started.push({ root: obj.origin.func.body, facts: declFacts(pkg, obj.origin.func) });
    });
  }
  return found;
}

function forEachNode(node: Node, visit: (node: Node) => void): void {
  visit(node);
  forEachChild(node, (child) => forEachNode(child, visit));
}

function treatmentOf(taker: Taker): Treatment {
  return once(readingOf(taker.pkg).treatments, taker, () => treat(taker));
}

function parameterOf(decl: FuncDecl, index: number, info: Info): Var | null {
  if (index === RECEIVER) {
    const receiver = decl.recv?.fields[0]?.names[0];
    const own = receiver ? info.objectOf(receiver) : null;
    return own?.kind === "var" ? own.origin : null;
  }
  const names = decl.type.params.fields.flatMap((field) => field.names);
  const variadic = decl.type.params.fields.at(-1)?.type.kind === "Ellipsis";
  const name = names[index] ?? (variadic ? names.at(-1) : undefined);
  const obj = name ? info.objectOf(name) : null;
  return obj?.kind === "var" ? obj.origin : null;
}

/** Looks through one body for what becomes of a parameter. */
function treat({ pkg, decl, index }: Taker): Treatment {
  if (decl.body === null) return { runs: false, handsTo: [] };
  const facts = declFacts(pkg, decl);
  const { info } = facts;
  const scope: Scope = { pkg, info, facts };
  const parameter = parameterOf(decl, index, info);
  if (parameter === null) return { runs: false, handsTo: [] };
  const carriers = new Set<Obj>([parameter]);
  const isCarrier = (node: Node): boolean => {
    const obj = node.kind === "Ident" ? info.objectOf(node) : null;
    return obj?.kind === "var" && carriers.has(obj.origin);
  };
  /** True where the value has the callback in it; what calling it returns has not. */
  const carries = (node: Node): boolean => {
    if (node.kind === "Ident") return isCarrier(node);
    const called = node.kind === "CallExpr" ? unparen(node.fun) : null;
    let found = false;
    forEachChild(node, (child) => {
      if (!found && !(child === called && child.kind === "Ident")) found = carries(child);
    });
    return found;
  };
  const isKept = (holder: Obj | null): boolean =>
    holder?.kind === "var" &&
    (holder.role === "field" || holder.role === "package") &&
    mentionedOnGoroutines(holder.origin.pkg ?? pkg).has(holder.origin);
  const handsTo: Taker[] = [];
  let waits = false;
  let started = false;
  let kept = false;
  forEachNode(decl.body, (node) => {
    switch (node.kind) {
      case "GoStmt":
        forEachNode(node.call, (inner) => {
          started ||= isCarrier(inner);
        });
        return;
      case "UnaryExpr":
        waits ||= node.op === "<-";
        return;
      case "SelectStmt":
        waits = true;
        return;
      case "SendStmt":
        kept ||= carries(node.value) && isKept(holderOf(node.chan, info));
        return;
      case "AssignStmt":
        node.rhs.forEach((value, i) => {
          const target = node.lhs[node.rhs.length === node.lhs.length ? i : 0];
          if (!target || !carries(value)) return;
          const holder = holderOf(target, info);
          if (holder?.kind === "var" && holder.role !== "field" && holder.role !== "package")
            carriers.add(holder.origin);
          else kept ||= isKept(holder);
        });
        return;
      case "CompositeLit": {
        const fields = structType(info.typeOf(node))?.fields ?? [];
        node.elts.forEach((element, i) => {
          const { value, key } = element.kind === "KeyValueExpr" ? element : { value: element, key: null };
          if (!carries(value)) return;
          const field =
            key === null ? fields[i] : fields.find((f) => key.kind === "Ident" && f.name === key.name);
          kept ||= isKept(field?.origin ?? null);
        });
        return;
      }
      case "CallExpr": {
        const callee = namedCallee(node, scope);
        waits ||= callee?.name === "Wait";
        if (callee === null) return;
        const runs = startedArgument(callee, node);
        const fun = calledExpression(node);
        if (fun.kind === "SelectorExpr" && carries(fun.x)) handsTo.push(...takersOf(node, RECEIVER, scope));
        node.args.forEach((arg, i) => {
          if (!carries(arg)) return;
          started ||= arg === runs;
          handsTo.push(...takersOf(node, i, scope));
        });
        return;
      }
    }
  });
  return { runs: kept || (started && !waits), handsTo };
}

/** The variable that an assigned or sent-on place belongs to: of `c.list[i]` the field `list`. */
function holderOf(place: Expr, info: Info): Obj | null {
  let x = unparen(place);
  while (x.kind === "IndexExpr" || x.kind === "StarExpr") x = unparen(x.x);
  const id = x.kind === "SelectorExpr" ? x.sel : x;
  return id.kind === "Ident" ? info.objectOf(id) : null;
}
