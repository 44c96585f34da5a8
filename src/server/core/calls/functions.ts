/**
 * The functions of a program: declarations and literals with what the analysis asks of them, and the facts
 * about local variables that one walk over a top-level declaration gives (every value a local is ever given).
 *
 * How these are found is `collectFacts.ts`. Which function a call reaches is `callees.ts`; what a local's value is `accesses/values.ts`.
 */
import type {
  CompositeLit,
  Decl,
  Expr,
  FuncDecl,
  FuncLit,
  LoopStmt,
  Node,
  SourceFile,
} from "../syntax/ast.ts";
import type { Info, Obj, Package, Var } from "../types/types.ts";
import { structType } from "./typeShape.ts";

/** A function body, with where it stands and its parameters. The same object while its declaration's body changes. */
export type Fn = DeclaredFn | LiteralFn;

interface FnParts {
  /** Where it begins in its declaration. */
  readonly pos: number;
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

export interface DeclaredFn extends FnParts {
  readonly isLiteral: false;
  readonly node: FuncDecl;
}

/** A function literal. Its node and its parameters go with the body that it stands in, and are read again. */
export interface LiteralFn extends FnParts {
  readonly isLiteral: true;
  readonly node: FuncLit;
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

/**
 * What one walk over a top-level declaration finds out. All but the first of it is found again where it was let go of:
 * within one step of the analysis it is the same whenever it is asked for.
 */
export interface DeclFacts {
  /** Where the declaration stands in the current version. */
  readonly site: { readonly pkg: Package; readonly file: SourceFile };
  readonly decl: Decl;
  readonly functions: readonly Fn[];
  /** The fields and package-level variables of {@link stores}, in step with it. */
  readonly holders: readonly Var[];
  readonly info: Info;
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
  /** Values that the fields of local structs, and of structs that are passed by value, are given by assignment. */
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

/** The expression without the parentheses around it. */
export function unparen(e: Expr): Expr {
  let x = e;
  while (x.kind === "ParenExpr") x = x.x;
  return x;
}

/** What a literal of a struct gives each of the fields that it names, in the order of the text. */
export function givenFields(
  literal: CompositeLit,
  info: Info,
): readonly { readonly field: Var; readonly expr: Expr }[] {
  const fields = structType(info.typeOf(literal))?.fields ?? [];
  return literal.elts.flatMap((element, i) => {
    const keyed = element.kind === "KeyValueExpr" && element.key.kind === "Ident" ? element.key.name : null;
    const field = keyed === null ? fields[i] : fields.find((f) => f.name === keyed);
    return field
      ? [{ field: field.origin, expr: element.kind === "KeyValueExpr" ? element.value : element }]
      : [];
  });
}

/** A name for a function that stays while text elsewhere changes. */
export function nameOfFn(fn: Fn): string {
  return `${fn.pkg.path} ${fn.name} ${fn.pos}`;
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
  // A function's parts are read when they are asked for: they are no fields to go through.
  visit(fn.decl.kind === "FuncDecl" ? (fn.decl.body ?? fn.decl) : fn.decl);
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
