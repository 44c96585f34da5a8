/**
 * Which functions of a dependency run what they are handed on a goroutine, told by reading its source: the callback
 * is called after `go`, or kept in a field, list or channel that code on the package's own goroutines looks into.
 *
 * Names stand for what they name within one package: the same field name in two structs is taken for one, which
 * errs towards "runs on a goroutine". The standard library is not read; what it starts is `librarySpawns.ts` and
 * `handlers.ts`. A function that waits for what it started has run the callback when it returns.
 */
import { calledExpression, namedCallee } from "../calls/callees.ts";
import { type Fn, forEachChild, unparen } from "../calls/functions.ts";
import { under } from "../calls/typeShape.ts";
import type { CallExpr, Expr, FuncDecl, Node } from "../syntax/ast.ts";
import type { Func, Package } from "../types/types.ts";

/** Callbacks handed on more often than this are not followed. */
const DEEPEST = 5;

/** What is known of one dependency; it never changes. */
interface Reading {
  /** All functions and methods by name. */
  readonly functions: ReadonlyMap<string, readonly FuncDecl[]>;
  /** Names of functions, fields and methods that the package's goroutines mention. */
  readonly onGoroutines: ReadonlySet<string>;
  /** Answers given before, by declaration: per parameter. */
  readonly answers: Map<FuncDecl, Map<number, boolean>>;
}

const readings = new WeakMap<Package, Reading>();

/** The arguments of a call that a dependency is seen to run on a goroutine of its own. */
export function callbacksOf(call: CallExpr, fn: Fn): readonly Expr[] {
  const functions = call.args.filter((arg) => under(fn.info.typeOf(arg)).kind === "signature");
  if (functions.length === 0) return [];
  const callee = namedCallee(call, fn);
  const { pkg, decl } = calleeSource(callee);
  if (pkg === null || decl === null) return [];
  return functions.filter((arg) => runsOnGoroutine(readingOf(pkg), decl, call.args.indexOf(arg), 0));
}

function calleeSource(callee: Func | null): { pkg: Package | null; decl: FuncDecl | null } {
  const pkg = callee?.origin.pkg ?? null;
  // The first part of a path outside the standard library has a dot.
  if (pkg === null || pkg.inWorkspace || !/^[^/]*\./.test(pkg.path)) return { pkg: null, decl: null };
  return { pkg, decl: callee?.origin.func ?? null };
}

function readingOf(pkg: Package): Reading {
  let reading = readings.get(pkg);
  if (!reading) {
    reading = read(pkg);
    readings.set(pkg, reading);
  }
  return reading;
}

function read(pkg: Package): Reading {
  const functions = new Map<string, FuncDecl[]>();
  const started: Node[] = [];
  for (const file of pkg.files) {
    for (const decl of file.decls) {
      if (decl.kind !== "FuncDecl" || decl.body === null) continue;
      const known = functions.get(decl.name.name);
      if (known) known.push(decl);
      else functions.set(decl.name.name, [decl]);
      forEachNode(decl.body, (node) => {
        if (node.kind === "GoStmt") started.push(node.call);
      });
    }
  }
  const onGoroutines = new Set<string>();
  for (let root = started.pop(); root !== undefined; root = started.pop()) {
    forEachNode(root, (node) => {
      const name = nameOf(node);
      if (name === null || onGoroutines.has(name)) return;
      onGoroutines.add(name);
      for (const decl of functions.get(name) ?? []) if (decl.body) started.push(decl.body);
    });
  }
  return { functions, onGoroutines, answers: new Map() };
}

function forEachNode(node: Node, visit: (node: Node) => void): void {
  visit(node);
  forEachChild(node, (child) => forEachNode(child, visit));
}

function mentions(node: Node, names: ReadonlySet<string>): boolean {
  let found = false;
  forEachNode(node, (inner) => {
    if (inner.kind === "Ident" && names.has(inner.name)) found = true;
  });
  return found;
}

function nameOf(node: Node): string | null {
  if (node.kind === "SelectorExpr") return node.sel.name;
  return node.kind === "Ident" ? node.name : null;
}

/** True where the function, handed a callback as its parameter `index`, has it run on a goroutine. */
function runsOnGoroutine(reading: Reading, decl: FuncDecl, index: number, depth: number): boolean {
  const answers = reading.answers.get(decl) ?? new Map<number, boolean>();
  reading.answers.set(decl, answers);
  const known = answers.get(index);
  if (known !== undefined) return known;
  // A function that hands the callback to itself says nothing by that.
  answers.set(index, false);
  const parameter = parameterOf(decl, index);
  const found =
    parameter !== null &&
    decl.body !== null &&
    depth < DEEPEST &&
    follow(reading, decl.body, parameter, depth);
  answers.set(index, found);
  return found;
}

function parameterOf(decl: FuncDecl, index: number): string | null {
  const names = decl.type.params.fields.flatMap((field) => field.names.map((name) => name.name));
  const variadic = decl.type.params.fields.at(-1)?.type.kind === "Ellipsis";
  return names[index] ?? (variadic ? (names.at(-1) ?? null) : null);
}

/** Looks through one body for what becomes of a name. */
function follow(reading: Reading, body: Node, parameter: string, depth: number): boolean {
  const carriers = new Set([parameter]);
  /** True where the value has the callback in it; what calling it returns has not. */
  const carries = (node: Node): boolean => {
    if (node.kind === "Ident") return carriers.has(node.name);
    const called = node.kind === "CallExpr" ? unparen(node.fun) : null;
    let found = false;
    forEachChild(node, (child) => {
      if (!found && !(child === called && child.kind === "Ident")) found = carries(child);
    });
    return found;
  };
  const isKept = (name: string | null): boolean => name !== null && reading.onGoroutines.has(name);
  let waits = false;
  let started = false;
  let kept = false;
  forEachNode(body, (node) => {
    switch (node.kind) {
      case "GoStmt":
        started ||= mentions(node.call, carriers);
        return;
      case "UnaryExpr":
        waits ||= node.op === "<-";
        return;
      case "RangeStmt":
      case "SelectStmt":
        waits ||= node.kind === "SelectStmt";
        return;
      case "SendStmt":
        kept ||= carries(node.value) && isKept(nameOf(unparen(node.chan)));
        return;
      case "AssignStmt":
        node.rhs.forEach((value, i) => {
          if (!carries(value)) return;
          const target = node.lhs[node.rhs.length === node.lhs.length ? i : 0];
          const place = target ? unparen(target) : null;
          if (place?.kind === "Ident") carriers.add(place.name);
          else if (place) kept ||= isKept(nameOf(place.kind === "IndexExpr" ? unparen(place.x) : place));
        });
        return;
      case "KeyValueExpr":
        kept ||= node.key.kind === "Ident" && carries(node.value) && isKept(node.key.name);
        return;
      case "CallExpr": {
        const name = nameOf(calledExpression(node));
        waits ||= name === "Wait";
        node.args.forEach((arg, i) => {
          if (name === null || !carries(arg)) return;
          kept ||= (reading.functions.get(name) ?? []).some((decl) =>
            runsOnGoroutine(reading, decl, i, depth + 1),
          );
        });
        return;
      }
    }
  });
  return kept || (started && !waits);
}
