/**
 * The data of Go's types and objects, modelled on `go/types`: shapes only.
 *
 * How an expression gets its type is `expressions.ts` and its neighbours, how a package gets its objects
 * `packages.ts` and `declarations.ts`. A type that cannot be told is {@link Unknown}, never a guess: the rules
 * stay silent about it.
 */
import type { Decl, Expr, FuncDecl, FuncLit, Ident, Node, SelectorExpr, SourceFile } from "../syntax/ast.ts";

// Types

export type Type =
  | Basic
  | Named
  | Alias
  | Pointer
  | Slice
  | ArrayOf
  | MapOf
  | Chan
  | Struct
  | Signature
  | Tuple
  | Interface
  | Union
  | TypeParam
  | Unknown;

export interface Basic {
  readonly kind: "basic";
  /** "int", "string", "untyped int", "untyped nil", "unsafe.Pointer", …; "byte" and "rune" as written. */
  readonly name: string;
  /** The name without the aliases `byte` and `rune`: equal names, equal types. */
  readonly canonical: string;
  /** Sum of the bits in `universe.ts` (integer, unsigned, float, complex, string, boolean, untyped). */
  readonly flags: number;
}
/** A defined type, instantiated where `typeArgs` is not empty. `underlying` and `methods` resolve on demand. */
export interface Named {
  readonly kind: "named";
  readonly obj: TypeName;
  readonly typeParams: readonly TypeParam[];
  readonly typeArgs: readonly Type[];
  /** The generic type of an instance; itself otherwise. */
  readonly origin: Named;
  /** Told apart by this number within one program, so that keys can be made of types. */
  readonly serial: number;
  underlying(): Type;
  /** Methods declared on the type itself, not promoted ones. */
  methods(): readonly Func[];
}
export interface Alias {
  readonly kind: "alias";
  readonly obj: TypeName;
  readonly typeParams: readonly TypeParam[];
  /** The generic alias of an instance; itself otherwise. */
  readonly origin: Alias;
  readonly typeArgs: readonly Type[];
  /** What the alias stands for (one step). */
  target(): Type;
}
export interface Pointer {
  readonly kind: "pointer";
  readonly elem: Type;
}
export interface Slice {
  readonly kind: "slice";
  readonly elem: Type;
}
export interface ArrayOf {
  readonly kind: "array";
  readonly elem: Type;
  /** -1 where the length cannot be told. */
  readonly length: number;
}
export interface MapOf {
  readonly kind: "map";
  readonly key: Type;
  readonly elem: Type;
}
export interface Chan {
  readonly kind: "chan";
  readonly dir: "both" | "send" | "recv";
  readonly elem: Type;
}
export interface Struct {
  readonly kind: "struct";
  readonly fields: readonly Var[];
  readonly tags: readonly string[];
}
export interface Signature {
  readonly kind: "signature";
  readonly recv: Var | null;
  /** The names that a method's receiver gives to the type parameters of its type. */
  readonly recvTypeParams: readonly TypeParam[];
  readonly typeParams: readonly TypeParam[];
  readonly params: Tuple;
  readonly results: Tuple;
  /** The last parameter's type is then a slice. */
  readonly variadic: boolean;
}
export interface Tuple {
  readonly kind: "tuple";
  readonly vars: readonly Var[];
}
export interface Interface {
  readonly kind: "interface";
  /** Methods declared here, without those of embedded interfaces. */
  readonly methods: readonly Func[];
  readonly embedded: readonly Type[];
  /** True for the constraint that stands for `~T` or `A | B` written where a constraint is expected. */
  readonly implicit: boolean;
  /** True for the predeclared `comparable`. */
  readonly comparable: boolean;
}
export interface Union {
  readonly kind: "union";
  readonly terms: readonly { readonly tilde: boolean; readonly type: Type }[];
}
export interface TypeParam {
  readonly kind: "typeparam";
  readonly obj: TypeName;
  readonly index: number;
  readonly serial: number;
  constraint(): Type;
}
export interface Unknown {
  readonly kind: "unknown";
}

// Objects

export type Obj = Var | Const | TypeName | Func | PkgName | Builtin | Nil | Label;

/** Where an object is declared. Null in {@link ObjBase.decl} for predeclared ones. */
export interface DeclaredAt {
  readonly file: SourceFile;
  /** The top-level declaration that `ident` is relative to. */
  readonly decl: Decl;
  readonly ident: Node;
}
export interface ObjBase {
  readonly name: string;
  /** Null for predeclared objects. */
  readonly pkg: Package | null;
  readonly at: DeclaredAt | null;
  type(): Type;
}
export interface Var extends ObjBase {
  readonly kind: "var";
  /** `local` includes range and short declarations; `result` is a named or unnamed result. */
  readonly role: "package" | "local" | "param" | "result" | "receiver" | "field";
  readonly embedded: boolean;
  /** The generic field or parameter of an instantiated type's; itself otherwise. Compare objects by `origin`. */
  readonly origin: Var;
}
export interface Const extends ObjBase {
  readonly kind: "const";
}
export interface TypeName extends ObjBase {
  readonly kind: "typename";
}
export interface Func extends ObjBase {
  readonly kind: "func";
  /** The declaration, null for interface methods. */
  readonly func: FuncDecl | null;
  /** The generic function or method of an instance; itself otherwise. */
  readonly origin: Func;
}
export interface PkgName extends ObjBase {
  readonly kind: "pkgname";
  /** Null where the import could not be found. */
  imported(): Package | null;
}
export interface Builtin extends ObjBase {
  readonly kind: "builtin";
}
export interface Nil extends ObjBase {
  readonly kind: "nil";
}
export interface Label extends ObjBase {
  readonly kind: "label";
}

/** How a selector `x.f` reaches its field or method, through embedding where need be. */
export interface Selection {
  readonly kind: "field" | "method" | "methodExpr";
  readonly recv: Type;
  readonly obj: Var | Func;
  /** The embedded fields passed on the way, outermost first; empty for a direct field or method. */
  readonly path: readonly Var[];
  /** True where a pointer was followed on the way to `obj`. */
  readonly indirect: boolean;
}

/** What is known of the expressions of one top-level declaration. Made on demand and kept while valid. */
export interface Info {
  /** {@link Unknown} where it cannot be told; for type expressions the type they denote. */
  typeOf(e: Expr): Type;
  /** True where the expression denotes a type (so a call of it is a conversion). */
  isType(e: Expr): boolean;
  /** The object that an identifier declares or uses; null for `_`, and where it cannot be told. */
  objectOf(id: Ident): Obj | null;
  /** For `x.f` that is a field, method or method expression; null for qualified identifiers and unknowns. */
  selectionOf(e: SelectorExpr): Selection | null;
  /** The constant value where there is one: bigint for integers and runes, number, string or boolean otherwise. */
  constOf(e: Expr): bigint | number | string | boolean | null;
  /** The types that a generic function or type was instantiated with at this identifier; empty otherwise. */
  typeArgsOf(id: Ident): readonly Type[];
  /** The symbol that a type-switch clause declares implicitly, or null. */
  implicitOf(n: Node): Var | null;
}

/** One package in one version. Objects resolve on demand. */
export interface Package {
  /** Import path; test variants are told apart by `variant`. */
  readonly path: string;
  readonly name: string;
  readonly variant: "" | "test" | "xtest";
  /** False for dependencies and the standard library. */
  readonly inWorkspace: boolean;
  readonly files: readonly SourceFile[];
  /** Whether go.mod lets the package use what came with Go 1.MINOR; true where no version is known. */
  atLeast(minor: number): boolean;
  /** Whether a file of the package is written in the language of Go 1.MINOR or later, by go.mod and its own constraint. */
  isFileAtLeast(file: SourceFile, minor: number): boolean;
  /** Package-level object by name, or null. */
  lookup(name: string): Obj | null;
  /** Package-level names in source order. */
  names(): readonly string[];
  /** Facts about one top-level declaration of this package. */
  info(decl: Decl): Info;
  /** The file that a declaration of this package stands in. */
  fileOf(decl: Decl): SourceFile;
}

/** All packages that a question may touch: the workspace's own and, on demand, their dependencies. */
export interface Program {
  /** Packages of the workspace. */
  readonly packages: readonly Package[];
  /** Any package by import path as seen from `from` (vendoring, test variants), or null. */
  find(path: string, from: Package): Package | null;
  /** The object of a function literal's or declaration's enclosing package, for callers that only have a node. */
  packageOf(file: SourceFile): Package | null;
}

/** A function body: a declaration's or a literal's. */
export type FuncNode = FuncDecl | FuncLit;

// What workspaces hand to core

/** One package as the workspace found it; core parses and types it. */
export interface PackageSource {
  readonly path: string;
  readonly name: string;
  readonly variant: "" | "test" | "xtest";
  readonly dir: string;
  readonly inWorkspace: boolean;
  /** "1.22" as in go.mod; "" where unknown. */
  readonly goVersion: string;
  /** Files chosen by build constraints. */
  readonly files: readonly FileSource[];
  /** Import path as written → package path, where the two differ (vendoring, test variants). */
  readonly importMap: Readonly<Record<string, string>>;
}
export interface FileSource {
  readonly path: string;
  /** Changes whenever the text does. */
  readonly version: string;
  /** The version of the language that a build constraint in the file asks for, as "1.22"; "" or absent for none. */
  readonly goVersion?: string;
  /** True where the text is at hand, as it is being edited. */
  readonly isOpen?: boolean;
  /**
   * Reads the text: once per version where it is open or part of the workspace, else whenever it is needed. "" where it
   * was read before and is there no more.
   */
  text(): string;
  /**
   * How to find what a packer made of this very text, where somebody keeps such things; null where nobody does.
   * Where it is found, the file is read without parsing. It may be asked for again later: core keeps no copy.
   */
  packed?(text: string): (() => Uint8Array | null) | null;
}
/** What one version of a workspace consists of. */
export interface ProgramSource {
  readonly packages: readonly PackageSource[];
  /** Finds a dependency by package path; null where it is not to be had. Called lazily. */
  dependency(path: string): PackageSource | null;
}
