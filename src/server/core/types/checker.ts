/**
 * What checking one declaration carries along, and where its results go.
 *
 * Results are arrays indexed by node id. They belong to one declaration in one package, so a file that is part
 * of two packages has two sets of them. Which types come out is decided in `expressions.ts` and its
 * neighbours; they report no errors: what cannot be typed is unknown.
 */
import type { Scope } from "../scopes/scope.ts";
import type { Expr, Ident, Node, SelectorExpr, SourceFile } from "../syntax/ast.ts";
import { type ConstValue, type Site, UNKNOWN, VarObj } from "./objects.ts";
import type { Func, Info, Obj, Package, Selection, Signature, Type, Var } from "./types.ts";

/** Who finds facts, and finds them again once they are gone. */
export interface FactsFinder {
  /** When facts of it were used last; see {@link CheckedPackage.used}. */
  usedAt: number;
  /** The facts were not used for a while. */
  letGo(info: DeclInfo): void;
}

/** The results for one declaration. Most of a dependency's are never asked for, so what is rare is made when needed. */
export class DeclInfo implements Info {
  types: (Type | null)[];
  objects: (Obj | null)[];
  /** What stays as long as the facts do: the body of the function that they are about, or all about variables. */
  holds: object | null = null;
  /** Who is to know when these facts are asked for the first time; null once they were, or where nobody minds. */
  keeper: { firstAsked(): void } | null = null;
  /** A bit for each node, 32 in a number: sets of so few elements take many times as much. */
  private typeExprs: number[] | null = null;
  private values: Map<number, ConstValue> | null = null;
  private selections: Map<number, Selection> | null = null;
  private instances: Map<number, readonly Type[]> | null = null;
  private implicits: Map<number, Var> | null = null;

  /** Has room for the node ids below `ids`; arrays that grow by leaps would become slow dictionaries. */
  constructor(ids: number) {
    this.types = new Array<Type | null>(ids).fill(null);
    this.objects = new Array<Obj | null>(ids).fill(null);
  }

  typeOf(e: Expr): Type {
    if (this.keeper !== null) this.ask();
    return this.types[e.id] ?? UNKNOWN;
  }

  isType(e: Expr): boolean {
    if (this.keeper !== null) this.ask();
    return this.isTypeAt(e.id);
  }

  objectOf(id: Ident): Obj | null {
    if (this.keeper !== null) this.ask();
    return this.objects[id.id] ?? null;
  }

  selectionOf(e: SelectorExpr): Selection | null {
    if (this.keeper !== null) this.ask();
    return this.selections?.get(e.id) ?? null;
  }

  constOf(e: Expr): bigint | number | string | boolean | null {
    if (this.keeper !== null) this.ask();
    const value = this.values?.get(e.id) ?? null;
    return typeof value === "object" ? null : value;
  }

  typeArgsOf(id: Ident): readonly Type[] {
    if (this.keeper !== null) this.ask();
    return this.typeArgsAt(id.id);
  }

  implicitOf(n: Node): Var | null {
    if (this.keeper !== null) this.ask();
    return this.implicits?.get(n.id) ?? null;
  }

  /** Remembers that the node is an expression that denotes a type. */
  setIsType(id: number): void {
    this.typeExprs ??= new Array<number>((this.types.length + 31) >>> 5).fill(0);
    this.typeExprs[id >>> 5] = (this.typeExprs[id >>> 5] ?? 0) | (1 << (id & 31));
  }

  private isTypeAt(id: number): boolean {
    return (((this.typeExprs?.[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
  }

  setValue(id: number, value: ConstValue): void {
    this.values ??= new Map();
    this.values.set(id, value);
  }

  hasValue(id: number): boolean {
    return this.values?.has(id) ?? false;
  }

  setSelection(id: number, selection: Selection): void {
    this.selections ??= new Map();
    this.selections.set(id, selection);
  }

  /** Remembers the type arguments of what is instantiated at the node. */
  setTypeArgs(id: number, args: readonly Type[]): void {
    this.instances ??= new Map();
    this.instances.set(id, args);
  }

  /** The type arguments of what is instantiated at the node; empty where nothing is. */
  typeArgsAt(id: number): readonly Type[] {
    return this.instances?.get(id) ?? [];
  }

  setImplicit(id: number, v: Var): void {
    this.implicits ??= new Map();
    this.implicits.set(id, v);
  }

  /** Answers from now on what `other` answers, with the same objects. */
  become(other: DeclInfo): void {
    this.holds = other;
    this.types = other.types;
    this.objects = other.objects;
    this.typeExprs = other.typeExprs;
    this.values = other.values;
    this.selections = other.selections;
    this.instances = other.instances;
    this.implicits = other.implicits;
  }

  /** To be called before facts are handed out. */
  ask(): void {
    const { keeper } = this;
    this.keeper = null;
    keeper?.firstAsked();
  }

  /** Takes over what is known of the nodes with ids below `end`. */
  copyFrom(before: DeclInfo, end: number): void {
    for (let id = 0; id < end; id++) {
      this.types[id] = before.types[id] ?? null;
      this.objects[id] = before.objects[id] ?? null;
      if (before.isTypeAt(id)) this.setIsType(id);
      const value = before.values?.get(id);
      if (value !== undefined) this.setValue(id, value);
      const args = before.instances?.get(id);
      if (args !== undefined) this.setTypeArgs(id, args);
      const selection = before.selections?.get(id);
      if (selection !== undefined) this.setSelection(id, selection);
    }
  }
}

/** A package as the checker sees it, beyond what everybody sees. */
export interface CheckedPackage extends Package {
  /** A package-level, imported or predeclared object, as seen from `file`. */
  resolve(name: string, file: SourceFile): Obj | null;
  /** As `lookup`, for the checker of another package, whose results then hang on the answer. */
  ask(name: string): Obj | null;
  /** A number that no other type of the program has. */
  nextSerial(): number;
  /** The package-level variables whose types are being found, each for the one before it. */
  readonly sought: VarObj[];
  /** Has facts stay for a while. */
  used(info: DeclInfo, finder: FactsFinder): void;
  /** The methods declared on a package-level type. */
  methodsOf(typeName: string): readonly Func[];
}

/** Where work waits until somebody wants all facts about a declaration. */
export interface Later {
  push(work: () => void): void;
}

/** The state of checking one declaration. */
export interface Checker {
  readonly pkg: CheckedPackage;
  readonly site: Site;
  readonly info: DeclInfo;
  /** The innermost block; null at package level. */
  scope: Scope | null;
  /** The function whose body is being checked. */
  signature: Signature | null;
  /** The value of `iota`, in constant declarations. */
  iota: bigint | null;
  /** True once a call or a receive was met: `len` of such an operand is no constant. */
  hasCall: boolean;
  /** Bodies of function literals outside of functions wait here until somebody asks for them. */
  readonly later: Later | null;
  /** Labels and the statements that name them, within the function being checked. */
  labels: Labels | null;
}

export interface Labels {
  readonly declared: Map<string, Obj>;
  readonly used: Ident[];
}

/** A checker for one declaration, at package level. */
export function openChecker(pkg: CheckedPackage, site: Site, info: DeclInfo, later: Later | null): Checker {
  return { pkg, site, info, scope: null, signature: null, iota: null, hasCall: false, later, labels: null };
}

/** What an evaluated expression is. */
export type Mode =
  | "invalid"
  | "novalue"
  | "builtin"
  | "type"
  | "constant"
  | "variable"
  | "mapindex"
  | "value"
  | "commaok";

/** An evaluated expression. Mutable, as it is passed along while its type settles. */
export interface Operand {
  mode: Mode;
  type: Type;
  value: ConstValue;
  expr: Expr;
}

/** An operand of which nothing is known. */
export function invalid(expr: Expr): Operand {
  return { mode: "invalid", type: UNKNOWN, value: null, expr };
}

/** True for an operand of which nothing is known (any more: conversions change operands). */
export function failed(x: Operand): boolean {
  return x.mode === "invalid";
}

/** An operand that is a value of type `type`. */
export function valueOperand(type: Type, expr: Expr): Operand {
  return { mode: "value", type, value: null, expr };
}

/** The variable that a node declares: the one that an earlier look at the same body has made of it, where there is one. */
export function variableAt(
  cx: Checker,
  at: Node,
  name: string,
  role: Var["role"],
  type: Type,
  node: Node | null,
  embedded = false,
): VarObj {
  const known = cx.site.ownVariables?.get(at.id);
  if (known !== undefined) {
    known.settle(type);
    return known;
  }
  const v = new VarObj(name, cx.pkg, role, type, cx.site, node, embedded);
  cx.site.ownVariables?.set(at.id, v);
  return v;
}

/** Remembers what identifier `id` declares or uses. */
export function recordObject(cx: Checker, id: Ident, obj: Obj | null): void {
  cx.info.objects[id.id] = obj;
}

/** Remembers the type that expression `e` denotes. */
export function recordType(cx: Checker, e: Expr, type: Type): void {
  cx.info.types[e.id] = type;
  cx.info.setIsType(e.id);
}

/** Remembers the type of an expression that is a value. */
export function recordValueType(cx: Checker, e: Expr, type: Type): void {
  cx.info.types[e.id] = type;
}

/** Remembers type and value of the operand for its expression. */
export function recordOperand(cx: Checker, x: Operand): void {
  const id = x.expr.id;
  if (x.mode === "type") {
    recordType(cx, x.expr, x.type);
    return;
  }
  cx.info.types[id] = x.type;
  if (x.mode === "constant" && x.value !== null) cx.info.setValue(id, x.value);
}

/** The identifier that names what is instantiated: `F` in `F[int]` and `pkg.F[int]`. */
export function instantiatedIdent(e: Expr): Ident | null {
  switch (e.kind) {
    case "Ident":
      return e;
    case "SelectorExpr":
      return e.sel;
    case "IndexExpr":
    case "ParenExpr":
      return instantiatedIdent(e.x);
    default:
      return null;
  }
}

/** Remembers the type arguments of an instantiation. */
export function recordInstance(cx: Checker, e: Expr, args: readonly Type[]): void {
  const id = instantiatedIdent(e);
  if (id !== null) cx.info.setTypeArgs(id.id, args);
}
