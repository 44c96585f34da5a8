/**
 * The functions of a program: declarations and literals with what the analysis asks of them, and the facts
 * about local variables that one walk over a top-level declaration gives (every value a local is ever given).
 *
 * Which function a call reaches is `callees.ts`; what a local's value is `accesses/values.ts`.
 */
import type {
  CallExpr,
  CompositeLit,
  Decl,
  Expr,
  FieldList,
  FuncDecl,
  FuncLit,
  Ident,
  LoopStmt,
  Node,
  SendStmt,
  SourceFile,
} from "../syntax/ast.ts";
import type { FuncNode, Info, Obj, Package, Var } from "../types/types.ts";
import { structType, under } from "./typeShape.ts";

/** A function body, with where it stands and its parameters. */
export interface Fn {
  readonly node: FuncDecl | FuncLit;
  readonly decl: Decl;
  readonly pkg: Package;
  readonly file: SourceFile;
  readonly info: Info;
  /** The function that a literal stands in; null for declarations and literals of package-level variables. */
  readonly parent: Fn | null;
  /** As Go's stacks spell it: "main.Login", "main.(*Store).Get", "main.Login.func1". */
  readonly name: string;
  readonly receiver: Var | null;
  /** Null for unnamed ones. */
  readonly params: readonly (Var | null)[];
  readonly variadic: boolean;
  readonly facts: DeclFacts;
}

/** One value that a local variable is given. */
export interface Definition {
  /**
   * `value`: result `index` of `expr` (0 where it has one); `key` and `element`: of ranging over `expr`;
   * `received`, `other`: cannot be told; `zero`: declared without a value.
   */
  readonly how: "value" | "key" | "element" | "received" | "zero" | "other";
  readonly expr: Expr | null;
  readonly index: number;
}

/** What one walk over a top-level declaration finds out. */
export interface DeclFacts {
  readonly site: Readonly<Site>;
  readonly info: Info;
  readonly functions: readonly Fn[];
  readonly definitions: ReadonlyMap<Var, readonly Definition[]>;
  readonly literal: ReadonlyMap<FuncLit, Fn>;
  /** The innermost loop that a local is first defined in; absent for those outside loops. */
  readonly loopOf: ReadonlyMap<Var, Node>;
  /** Variables of loops that are one for all rounds, as before Go 1.22, and that a function literal captures. */
  readonly oneForAllRounds: ReadonlySet<Var>;
  /** Variables that are assigned in any way, or whose address is taken. */
  readonly assigned: ReadonlySet<Var>;
  /**
   * What fields and package-level variables are given, by assignment and in composite literals; the functions that are
   * sent on a channel of functions; and the literals that a parameter of a function is given where that is called.
   */
  readonly stores: readonly { readonly holder: Var; readonly expr: Expr }[];
  /** Variables that are returned as they are, or by their address. */
  readonly returned: ReadonlySet<Var>;
  /** Literals that a function returns: whoever gets one calls it later. */
  readonly returnedLiterals: ReadonlyMap<Fn, readonly FuncLit[]>;
  /** Values that the fields of local structs are given by assignment. */
  readonly ownFields: ReadonlyMap<Var, readonly { readonly field: Var; readonly expr: Expr }[]>;
}

/** Calls `visit` for every node below `node`, in source order. */
export function forEachChild(node: Node, visit: (child: Node) => void): void {
  for (const key in node) {
    const value: unknown = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" && value !== null && typeof (value as { kind?: unknown }).kind === "string"
  );
}

/** Where a declaration stands in the current version: the same declaration moves when text before it changes. */
interface Site {
  pkg: Package;
  file: SourceFile;
}

interface Known {
  readonly facts: DeclFacts;
  readonly site: Site;
}

/** By the function that is declared, which stays while its body changes; by their {@link Info} for variables. */
const factsOfDecl = new WeakMap<object, Known>();

/**
 * The facts about one top-level declaration in its current version. The same object while a function's body
 * changes, and its literals are the same functions as far as there are as many before them.
 */
export function declFacts(pkg: Package, decl: Decl): DeclFacts {
  const info = pkg.info(decl);
  const file = pkg.fileOf(decl);
  const key = (decl.kind === "FuncDecl" ? info.objectOf(decl.name) : null) ?? info;
  const known = factsOfDecl.get(key);
  if (known === undefined) {
    const site: Site = { pkg, file };
    const facts = collectFacts(site, decl, info, []);
    factsOfDecl.set(key, { facts, site });
    return facts;
  }
  known.site.pkg = pkg;
  known.site.file = file;
  if (known.facts.info !== info)
    Object.assign(known.facts, collectFacts(known.site, decl, info, known.facts.functions));
  return known.facts;
}

/** A class so that it is told from what is compared by its parts. */
class FunctionBody implements Fn {
  readonly node!: FuncDecl | FuncLit;
  readonly decl!: Decl;
  readonly info!: Info;
  readonly parent!: Fn | null;
  readonly name!: string;
  readonly receiver!: Var | null;
  readonly params!: readonly (Var | null)[];
  readonly variadic!: boolean;
  readonly facts!: DeclFacts;
  private readonly site: Site;

  constructor(site: Site) {
    this.site = site;
  }

  get pkg(): Package {
    return this.site.pkg;
  }

  get file(): SourceFile {
    return this.site.file;
  }
}

/** `before` are the functions of the version before, to be gone on with. */
function collectFacts(site: Site, decl: Decl, info: Info, before: readonly Fn[]): DeclFacts {
  const { pkg } = site;
  const functions: Fn[] = [];
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
  const facts: DeclFacts = {
    site,
    info,
    functions,
    definitions,
    literal,
    loopOf,
    oneForAllRounds,
    assigned,
    stores,
    ownFields,
    returned,
    returnedLiterals,
  };
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
      if (owner?.kind !== "var" || owner.role !== "local") return;
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
  const collectFields = (literal: CompositeLit): void => {
    const fields = structType(info.typeOf(literal))?.fields;
    if (!fields) return;
    literal.elts.forEach((element, i) => {
      const keyed = element.kind === "KeyValueExpr" && element.key.kind === "Ident" ? element.key.name : null;
      const field = keyed === null ? fields[i] : fields.find((f) => f.name === keyed);
      const expr = element.kind === "KeyValueExpr" ? element.value : element;
      if (field) stores.push({ holder: field.origin, expr });
    });
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
  const addFn = (node: FuncNode, parent: Fn | null): Fn => {
    const recv = node.kind === "FuncDecl" ? node.recv : null;
    const params = variablesOf(node.type.params, info);
    const last = node.type.params.fields.at(-1);
    const same = before[functions.length];
    const fn: Fn = same?.node.kind === node.kind ? same : new FunctionBody(site);
    Object.assign(fn, {
      node,
      decl,
      info,
      parent,
      name: nameOf(node, parent, pkg, literalCount),
      receiver: recv ? (variablesOf(recv, info)[0] ?? null) : null,
      params,
      variadic: last?.type.kind === "Ellipsis",
      facts: before[0]?.facts ?? facts,
    } satisfies Omit<Fn, "pkg" | "file">);
    functions.push(fn);
    if (node.kind === "FuncLit") literal.set(node, fn);
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
        if (node.body) visit(node.body, addFn(node, fn));
        return;
      case "FuncLit":
        visit(node.body, addFn(node, fn));
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
        collectFields(node);
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
  return facts;
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

/** The expression without the parentheses around it. */
export function unparen(e: Expr): Expr {
  let x = e;
  while (x.kind === "ParenExpr") x = x.x;
  return x;
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

/** A name for a function that stays while text elsewhere changes. */
export function nameOfFn(fn: Fn): string {
  return `${fn.pkg.path} ${fn.name} ${fn.node.pos}`;
}

/** True where the variable is declared inside the node, which stands in the function's declaration. */
export function declaredWithin(
  v: Var,
  fn: Fn,
  node: { readonly pos: number; readonly end: number },
): boolean {
  const at = v.origin.at;
  return at !== null && at.decl === fn.decl && at.ident.pos >= node.pos && at.ident.pos < node.end;
}

/** True for a variable that is another one in each round of the loop, which stands in the function's declaration. */
export function isOfOneRound(v: Var, fn: Fn, loop: LoopStmt): boolean {
  if (!declaredWithin(v, fn, loop)) return false;
  return !fn.facts.oneForAllRounds.has(v.origin) || declaredWithin(v, fn, loop.body);
}

/** True when an object is the variable, or its counterpart in an instance of its generic type. */
export function isVar(obj: Obj | null, variable: Var): boolean {
  return obj?.kind === "var" && obj.origin === variable.origin;
}

/** True for a local, parameter or result that belongs to an enclosing function, not to `fn` itself. */
export function isCaptured(v: Var, fn: Fn): boolean {
  return v.role !== "package" && v.role !== "field" && !declaredWithin(v, fn, fn.node);
}

/** True for a variable that the function or one around it declares: one and the same in one run of it. */
export function isVisibleIn(v: Var, fn: Fn): boolean {
  if (v.role === "package") return true;
  for (let f: Fn | null = fn; f !== null; f = f.parent) if (declaredWithin(v, f, f.node)) return true;
  return false;
}

/**
 * True where the function's declaration does more with a local than look into it and call its methods: it is returned,
 * kept or passed, so that others may have it too.
 */
export function isHandedOn(v: Var, fn: Fn): boolean {
  let found = false;
  const visit = (node: Node): void => {
    if (found) return;
    if (node.kind === "Ident") found = isVar(fn.info.objectOf(node), v);
    else if (node.kind === "SelectorExpr") {
      if (unparen(node.x).kind !== "Ident") visit(node.x);
    } else if (node.kind === "AssignStmt" && node.op === ":=") {
      for (const value of node.rhs) visit(value);
    } else if (node.kind === "VarSpec") {
      for (const value of node.values) visit(value);
    } else forEachChild(node, visit);
  };
  visit(fn.decl);
  return found;
}

/** True for a variable of a function and the one that an edit has put in its place. */
export function isOwnCounterpart(before: object, after: object): boolean {
  const [a, b] = [before as Partial<Var>, after as Partial<Var>];
  return (
    (a.role === "local" || a.role === "param" || a.role === "result") &&
    a.role === b.role &&
    a.name === b.name
  );
}
