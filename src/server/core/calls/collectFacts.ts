/**
 * One walk over a top-level declaration: which functions are in it, and every value that its locals, and the fields and
 * package-level variables that it gives any, are ever given. How long that is kept is `declFacts.ts`.
 */
import type {
  CallExpr,
  Expr,
  FieldList,
  FuncDecl,
  FuncLit,
  Ident,
  LoopStmt,
  Node,
  SendStmt,
} from "../syntax/ast.ts";
import type { FuncNode, Info, Package, Var } from "../types/types.ts";
import { DeclaredFunction, type Literal, LiteralFunction, type Owner } from "./functionBodies.ts";
import { type DeclFacts, type Definition, type Fn, forEachChild, givenFields, unparen } from "./functions.ts";
import { under } from "./typeShape.ts";

/** What was found out about a declaration, its functions aside. */
export interface Found
  extends Pick<
    DeclFacts,
    | "info"
    | "definitions"
    | "literal"
    | "loopOf"
    | "oneForAllRounds"
    | "assigned"
    | "stores"
    | "returned"
    | "returnedLiterals"
    | "ownFields"
  > {
  readonly functions: readonly (DeclaredFunction | LiteralFunction)[];
  /** The literals among the functions, by their place among these. */
  readonly literals: readonly (Literal | undefined)[];
}

/** `before` are the functions that the declaration had so far, to be gone on with. */
export function collectFacts(declaration: Owner, before: Found["functions"]): Found {
  const { site, decl } = declaration;
  const { pkg } = site;
  const info = pkg.info(decl);
  const functions: (DeclaredFunction | LiteralFunction)[] = [];
  const literals: (Literal | undefined)[] = [];
  const literal = new Map<FuncLit, Fn>();
  const definitions = new Map<Var, Definition[]>();
  const stores: { holder: Var; expr: Expr }[] = [];
  const ownFields = new Map<Var, { field: Var; expr: Expr }[]>();
  const loopOf = new Map<Var, Node>();
  const assigned = new Set<Var>();
  const returned = new Set<Var>();
  const returnedLiterals = new Map<Fn, FuncLit[]>();
  const loops: Node[] = [];
  /** Variables that a loop's head declares for all its rounds, with the function that the loop stands in. */
  const ofHeads = new Map<Var, Fn | null>();
  const oneForAllRounds = new Set<Var>();
  const roundsShare = !pkg.isFileAtLeast(site.file, 22);
  const literalCount = new Map<Fn | null, number>();

  const define = (name: Expr, definition: Definition): void => {
    const target = unparen(name);
    const id = target.kind === "SelectorExpr" ? target.sel : target;
    if (id.kind !== "Ident" || id.name === "_") return;
    const obj = info.objectOf(id);
    if (obj?.kind !== "var") return;
    if (obj.role === "package" || obj.role === "field") {
      if (definition.how !== "value" || !definition.expr) return;
      stores.push({ holder: obj.origin, expr: definition.expr });
      const base = target.kind === "SelectorExpr" ? unparen(target.x) : null;
      const owner = base?.kind === "Ident" ? info.objectOf(base) : null;
      if (owner?.kind !== "var" || (owner.role !== "local" && !isCopy(owner))) return;
      const own = { field: obj.origin, expr: definition.expr };
      const known = ownFields.get(owner.origin);
      if (known) known.push(own);
      else ownFields.set(owner.origin, [own]);
      return;
    }
    const known = definitions.get(obj.origin);
    if (known) known.push(definition);
    else {
      definitions.set(obj.origin, [definition]);
      const loop = loops.at(-1);
      if (loop) loopOf.set(obj.origin, loop);
    }
  };
  const assign = (lhs: readonly Expr[], rhs: readonly Expr[]): void => {
    lhs.forEach((name, i) => {
      const single = rhs.length === 1 && lhs.length > 1;
      const expr = single ? rhs[0]! : rhs[i];
      if (expr === undefined) define(name, { how: "other", expr: null, index: 0 });
      else if (isReceive(expr)) define(name, { how: single && i > 0 ? "other" : "received", expr, index: 0 });
      else define(name, { how: "value", expr, index: single ? i : 0 });
    });
  };
  const markAssigned = (target: Expr | null): void => {
    const x = target ? unparen(target) : null;
    const id = x?.kind === "SelectorExpr" ? x.sel : x;
    const obj = id?.kind === "Ident" ? info.objectOf(id) : null;
    if (obj?.kind === "var") assigned.add(obj.origin);
  };
  const collectSent = ({ chan, value }: SendStmt): void => {
    const channel = unparen(chan);
    const id = channel.kind === "SelectorExpr" ? channel.sel : channel;
    const obj = id.kind === "Ident" ? info.objectOf(id) : null;
    if (obj?.kind !== "var") return;
    const elem = under(obj.type());
    if (elem.kind === "chan" && under(elem.elem).kind === "signature")
      stores.push({ holder: obj.origin, expr: value });
  };
  const collectLiterals = ({ fun, args }: CallExpr): void => {
    if (!args.some((arg) => arg.kind === "FuncLit")) return;
    const callee = unparen(fun);
    const id = callee.kind === "SelectorExpr" ? callee.sel : callee;
    const obj = id.kind === "Ident" ? info.objectOf(id) : null;
    if (obj?.kind !== "func" || !obj.pkg?.inWorkspace) return;
    const type = obj.origin.type();
    const params = type.kind === "signature" ? type.params.vars : [];
    for (const [i, arg] of args.entries()) {
      const param = params[i];
      if (arg.kind === "FuncLit" && param) stores.push({ holder: param.origin, expr: arg });
    }
  };
  const addDeclared = (node: FuncDecl): Fn => {
    const same = before[0];
    const fn = same instanceof DeclaredFunction ? same : new DeclaredFunction(declaration);
    fn.name = nameOf(node, null, pkg, literalCount);
    fn.receiver = node.recv ? (variablesOf(node.recv, info)[0] ?? null) : null;
    fn.params = variablesOf(node.type.params, info);
    fn.variadic = isVariadic(node);
    functions.push(fn);
    return fn;
  };
  const addLiteral = (node: FuncLit, parent: Fn | null): Fn => {
    const at = functions.length;
    const same = before[at];
    const fn = same instanceof LiteralFunction ? same : new LiteralFunction(declaration, at);
    fn.parent = parent;
    fn.pos = node.pos;
    fn.name = nameOf(node, parent, pkg, literalCount);
    fn.variadic = isVariadic(node);
    functions.push(fn);
    literals[at] = { node, params: variablesOf(node.type.params, info) };
    literal.set(node, fn);
    return fn;
  };

  const visit = (node: Node, fn: Fn | null): void => {
    const isLoop = node.kind === "ForStmt" || node.kind === "RangeStmt";
    if (isLoop) loops.push(node);
    if (isLoop && roundsShare) for (const v of variablesOfHead(node, info)) ofHeads.set(v, fn);
    visitNode(node, fn);
    if (isLoop) loops.pop();
  };
  const visitNode = (node: Node, fn: Fn | null): void => {
    switch (node.kind) {
      case "FuncDecl":
        if (node.body) visit(node.body, addDeclared(node));
        return;
      case "FuncLit":
        visit(node.body, addLiteral(node, fn));
        return;
      case "Ident": {
        if (ofHeads.size === 0) return;
        const obj = info.objectOf(node);
        const captured = obj?.kind === "var" && ofHeads.has(obj.origin) && ofHeads.get(obj.origin) !== fn;
        if (captured) oneForAllRounds.add(obj.origin);
        return;
      }
      case "UnaryExpr":
        if (node.op === "&") markAssigned(node.x);
        break;
      case "AssignStmt":
        for (const target of node.lhs) markAssigned(target);
        if (node.op === "=" || node.op === ":=") assign(node.lhs, node.rhs);
        break;
      case "VarSpec":
        if (node.values.length === 0)
          for (const name of node.names) define(name, { how: "zero", expr: null, index: 0 });
        else assign(node.names, node.values);
        break;
      case "RangeStmt":
        markAssigned(node.key);
        markAssigned(node.value);
        if (node.key) define(node.key, { how: "key", expr: node.x, index: 0 });
        if (node.value) define(node.value, { how: "element", expr: node.x, index: 0 });
        break;
      case "TypeSwitchStmt":
        for (const clause of node.cases) {
          const bound = info.implicitOf(clause);
          if (bound) definitions.set(bound.origin, [{ how: "value", expr: node.x, index: 0 }]);
        }
        break;
      case "ReturnStmt":
        for (const result of node.results) {
          let x = unparen(result);
          if (x.kind === "FuncLit" && fn) {
            const known = returnedLiterals.get(fn);
            if (known) known.push(x);
            else returnedLiterals.set(fn, [x]);
          }
          if (x.kind === "UnaryExpr" && x.op === "&") x = unparen(x.x);
          const obj = x.kind === "Ident" ? info.objectOf(x) : null;
          if (obj?.kind === "var") returned.add(obj.origin);
        }
        break;
      case "CompositeLit":
        for (const { field, expr } of givenFields(node, info)) stores.push({ holder: field, expr });
        break;
      case "SendStmt":
        collectSent(node);
        break;
      case "CallExpr":
        collectLiterals(node);
        break;
    }
    forEachChild(node, (child) => visit(child, fn));
  };
  visit(decl, null);
  return {
    info,
    functions,
    literals,
    literal,
    definitions,
    loopOf,
    oneForAllRounds,
    assigned,
    stores,
    ownFields,
    returned,
    returnedLiterals,
  };
}

/** True for a parameter that is a struct, and not a pointer to one: the caller's is another. */
function isCopy(v: Var): boolean {
  return v.role === "param" && under(v.type()).kind === "struct";
}

/** The variables that the head of a loop declares. */
function variablesOfHead(loop: LoopStmt, info: Info): Var[] {
  let names: readonly (Expr | null)[] = [];
  if (loop.kind === "RangeStmt") names = loop.define ? [loop.key, loop.value] : [];
  else if (loop.init?.kind === "AssignStmt" && loop.init.op === ":=") names = loop.init.lhs;
  return names.flatMap((name) => (name?.kind === "Ident" ? (variableAt(name, info)?.origin ?? []) : []));
}

function isReceive(e: Expr): boolean {
  const x = unparen(e);
  return x.kind === "UnaryExpr" && x.op === "<-";
}

function variablesOf(list: FieldList, info: Info): (Var | null)[] {
  const variables: (Var | null)[] = [];
  for (const field of list.fields) {
    if (field.names.length === 0) variables.push(null);
    for (const name of field.names) variables.push(variableAt(name, info));
  }
  return variables;
}

function variableAt(name: Ident, info: Info): Var | null {
  const obj = name.name === "_" ? null : info.objectOf(name);
  return obj?.kind === "var" ? obj : null;
}

function nameOf(node: FuncNode, parent: Fn | null, pkg: Package, count: Map<Fn | null, number>): string {
  if (node.kind === "FuncLit") {
    const n = (count.get(parent) ?? 0) + 1;
    count.set(parent, n);
    return parent === null ? `${pkg.name}.init.func${n}` : `${parent.name}.func${n}`;
  }
  const recv = node.recv?.fields[0]?.type;
  if (!recv) return `${pkg.name}.${node.name.name}`;
  const star = recv.kind === "StarExpr";
  let base: Expr = unparen(star ? recv.x : recv);
  if (base.kind === "IndexExpr") base = base.x;
  const typeName = base.kind === "Ident" ? base.name : "?";
  return star ? `${pkg.name}.(*${typeName}).${node.name.name}` : `${pkg.name}.${typeName}.${node.name.name}`;
}

function isVariadic({ type }: FuncNode): boolean {
  return type.params.fields.at(-1)?.type.kind === "Ellipsis";
}
