/**
 * The compact syntax tree of a Go file: node shapes only, named as in Go's own `go/ast`.
 *
 * Positions are UTF-16 code units **relative to the start of the enclosing top-level declaration**, so a
 * declaration that an edit does not touch is the same object in the next version of the file, and everything
 * remembered about it stays valid. {@link SourceFile.startOf} gives a declaration's place in the file.
 *
 * Making the tree from text is `parse.ts`; what names mean is `scopes/` and `types/`.
 */

/** What every node has. */
export interface NodeBase {
  /** Start, relative to the enclosing top-level declaration. */
  readonly pos: number;
  /** End (exclusive), relative to the enclosing top-level declaration. */
  readonly end: number;
  /**
   * Index of the node within its top-level declaration: small, dense and the same for as long as the
   * declaration lives, so facts about nodes fit into arrays.
   */
  readonly id: number;
}

/** One version of one file. */
export interface SourceFile {
  /** Absolute path with `/`, as the workspace spells it. */
  readonly path: string;
  readonly text: string;
  /** Name in the package clause; "" where it is missing. */
  readonly packageName: string;
  readonly decls: readonly Decl[];
  /** Every import of the file, in order; also reachable through `decls`. */
  readonly imports: readonly ImportSpec[];
  /** Offset of a top-level declaration in `text`, in UTF-16 code units. */
  startOf(decl: Decl): number;
  /** Places that did not parse, in UTF-16 offsets of the file. */
  readonly errors: readonly SyntaxFault[];
  /** Comments in file order, absolute offsets. */
  readonly comments: readonly Comment[];
}

/** A place that the grammar could not read. */
export interface SyntaxFault {
  readonly pos: number;
  readonly end: number;
}

/** A comment with its markers; offsets are absolute in the file. */
export interface Comment {
  readonly pos: number;
  readonly end: number;
  readonly text: string;
}

// Declarations

export type Decl = ImportDecl | ConstDecl | TypeDecl | VarDecl | FuncDecl | BadDecl;

export interface ImportDecl extends NodeBase {
  readonly kind: "ImportDecl";
  readonly specs: readonly ImportSpec[];
}
export interface ImportSpec extends NodeBase {
  readonly kind: "ImportSpec";
  /** Explicit name, `_` or `.`. */
  readonly name: Ident | null;
  /** The unquoted path. */
  readonly path: string;
}
export interface ConstDecl extends NodeBase {
  readonly kind: "ConstDecl";
  readonly specs: readonly ConstSpec[];
}
export interface ConstSpec extends NodeBase {
  readonly kind: "ConstSpec";
  readonly names: readonly Ident[];
  readonly type: Expr | null;
  /** Empty where the previous spec's values are repeated. */
  readonly values: readonly Expr[];
  readonly iota: number;
}
export interface VarDecl extends NodeBase {
  readonly kind: "VarDecl";
  readonly specs: readonly VarSpec[];
}
export interface VarSpec extends NodeBase {
  readonly kind: "VarSpec";
  readonly names: readonly Ident[];
  readonly type: Expr | null;
  readonly values: readonly Expr[];
}
export interface TypeDecl extends NodeBase {
  readonly kind: "TypeDecl";
  readonly specs: readonly TypeSpec[];
}
export interface TypeSpec extends NodeBase {
  readonly kind: "TypeSpec";
  readonly name: Ident;
  readonly typeParams: FieldList | null;
  readonly isAlias: boolean;
  readonly type: Expr;
}
export interface FunctionHead {
  readonly recv: FieldList | null;
  readonly type: FuncType;
}
export interface FuncDecl extends NodeBase {
  readonly kind: "FuncDecl";
  readonly recv: FieldList | null;
  /** Name of the type that a method is declared on, known without reading the head; null for functions. */
  readonly receiverName: string | null;
  readonly name: Ident;
  readonly type: FuncType;
  /** Null for functions implemented elsewhere (assembly, linkname). Read from the text when first asked for. */
  readonly body: BlockStmt | null;
  /** The text of the body, which the declaration ends with; null where it has none. */
  readonly bodyText: string | null;
  /** How many node ids the declaration has used so far; grows when the body is read. */
  readonly idCount: number;
  /** Receiver and type, for a look at them that leaves nothing behind: asked for later they may be other nodes. */
  readHead(): FunctionHead;
  /** The body, which stays until it is let go of as often as it was held. */
  holdBody(): BlockStmt | null;
  /** Lets go of a body; where `isInUse`, it is the body that is answered for as long as anybody uses it. */
  letBodyGo(isInUse: boolean): void;
}
export interface BadDecl extends NodeBase {
  readonly kind: "BadDecl";
}

/** Parameters, results, type parameters, struct fields or interface elements. */
export interface FieldList extends NodeBase {
  readonly kind: "FieldList";
  readonly fields: readonly Field[];
}
export interface Field extends NodeBase {
  readonly kind: "Field";
  /** Empty for embedded fields and unnamed parameters. */
  readonly names: readonly Ident[];
  readonly type: Expr;
  /** The unquoted struct tag; "" where there is none. */
  readonly tag: string;
}

// Expressions; type expressions are expressions, as in go/ast.

export type Expr =
  | Ident
  | BasicLit
  | CompositeLit
  | FuncLit
  | ParenExpr
  | SelectorExpr
  | IndexExpr
  | SliceExpr
  | TypeAssertExpr
  | CallExpr
  | StarExpr
  | UnaryExpr
  | BinaryExpr
  | KeyValueExpr
  | ArrayType
  | StructType
  | FuncType
  | InterfaceType
  | MapType
  | ChanType
  | Ellipsis
  | BadExpr;

export interface Ident extends NodeBase {
  readonly kind: "Ident";
  readonly name: string;
}
export interface BasicLit extends NodeBase {
  readonly kind: "BasicLit";
  readonly lit: "INT" | "FLOAT" | "IMAG" | "CHAR" | "STRING";
  /** As written. */
  readonly value: string;
}
export interface CompositeLit extends NodeBase {
  readonly kind: "CompositeLit";
  /** Null where the enclosing literal gives the type. */
  readonly type: Expr | null;
  readonly elts: readonly Expr[];
}
export interface FuncLit extends NodeBase {
  readonly kind: "FuncLit";
  readonly type: FuncType;
  readonly body: BlockStmt;
}
export interface ParenExpr extends NodeBase {
  readonly kind: "ParenExpr";
  readonly x: Expr;
}
export interface SelectorExpr extends NodeBase {
  readonly kind: "SelectorExpr";
  readonly x: Expr;
  readonly sel: Ident;
}
/** `a[i]`, and every instantiation `F[int]`, `T[K, V]`. */
export interface IndexExpr extends NodeBase {
  readonly kind: "IndexExpr";
  readonly x: Expr;
  readonly indices: readonly Expr[];
}
export interface SliceExpr extends NodeBase {
  readonly kind: "SliceExpr";
  readonly x: Expr;
  readonly low: Expr | null;
  readonly high: Expr | null;
  readonly max: Expr | null;
}
export interface TypeAssertExpr extends NodeBase {
  readonly kind: "TypeAssertExpr";
  readonly x: Expr;
  /** Null for `x.(type)`. */
  readonly type: Expr | null;
}
/** A call or a conversion; which of the two is for `types/` to say. */
export interface CallExpr extends NodeBase {
  readonly kind: "CallExpr";
  readonly fun: Expr;
  readonly args: readonly Expr[];
  readonly hasEllipsis: boolean;
}
export interface StarExpr extends NodeBase {
  readonly kind: "StarExpr";
  readonly x: Expr;
}
export interface UnaryExpr extends NodeBase {
  readonly kind: "UnaryExpr";
  readonly op: "+" | "-" | "!" | "^" | "&" | "<-" | "~";
  readonly x: Expr;
}
export interface BinaryExpr extends NodeBase {
  readonly kind: "BinaryExpr";
  /** As written: `+`, `&&`, `|` in type sets. */
  readonly op: string;
  readonly x: Expr;
  readonly y: Expr;
}
export interface KeyValueExpr extends NodeBase {
  readonly kind: "KeyValueExpr";
  readonly key: Expr;
  readonly value: Expr;
}
export interface ArrayType extends NodeBase {
  readonly kind: "ArrayType";
  /** Null for a slice; an {@link Ellipsis} for `[...]T`. */
  readonly len: Expr | null;
  readonly elt: Expr;
}
export interface StructType extends NodeBase {
  readonly kind: "StructType";
  readonly fields: FieldList;
}
export interface FuncType extends NodeBase {
  readonly kind: "FuncType";
  readonly typeParams: FieldList | null;
  readonly params: FieldList;
  readonly results: FieldList | null;
}
/** Methods have a name and a FuncType; embedded elements have no name. */
export interface InterfaceType extends NodeBase {
  readonly kind: "InterfaceType";
  readonly methods: FieldList;
}
export interface MapType extends NodeBase {
  readonly kind: "MapType";
  readonly key: Expr;
  readonly value: Expr;
}
export interface ChanType extends NodeBase {
  readonly kind: "ChanType";
  readonly dir: "both" | "send" | "recv";
  readonly value: Expr;
}
/** `...T` in a parameter list, or `...` as an array length. */
export interface Ellipsis extends NodeBase {
  readonly kind: "Ellipsis";
  readonly elt: Expr | null;
}
export interface BadExpr extends NodeBase {
  readonly kind: "BadExpr";
}

// Statements

export type Stmt =
  | BadStmt
  | DeclStmt
  | EmptyStmt
  | LabeledStmt
  | ExprStmt
  | SendStmt
  | IncDecStmt
  | AssignStmt
  | GoStmt
  | DeferStmt
  | ReturnStmt
  | BranchStmt
  | BlockStmt
  | IfStmt
  | SwitchStmt
  | TypeSwitchStmt
  | SelectStmt
  | ForStmt
  | RangeStmt;

export interface BadStmt extends NodeBase {
  readonly kind: "BadStmt";
}
export interface DeclStmt extends NodeBase {
  readonly kind: "DeclStmt";
  readonly decl: ConstDecl | TypeDecl | VarDecl;
}
export interface EmptyStmt extends NodeBase {
  readonly kind: "EmptyStmt";
}
export interface LabeledStmt extends NodeBase {
  readonly kind: "LabeledStmt";
  readonly label: Ident;
  readonly stmt: Stmt;
}
export interface ExprStmt extends NodeBase {
  readonly kind: "ExprStmt";
  readonly x: Expr;
}
export interface SendStmt extends NodeBase {
  readonly kind: "SendStmt";
  readonly chan: Expr;
  readonly value: Expr;
}
export interface IncDecStmt extends NodeBase {
  readonly kind: "IncDecStmt";
  readonly x: Expr;
  readonly op: "++" | "--";
}
export interface AssignStmt extends NodeBase {
  readonly kind: "AssignStmt";
  readonly lhs: readonly Expr[];
  /** `=`, `:=`, `+=` … as written. */
  readonly op: string;
  readonly rhs: readonly Expr[];
}
export interface GoStmt extends NodeBase {
  readonly kind: "GoStmt";
  readonly call: Expr;
}
export interface DeferStmt extends NodeBase {
  readonly kind: "DeferStmt";
  readonly call: Expr;
}
export interface ReturnStmt extends NodeBase {
  readonly kind: "ReturnStmt";
  readonly results: readonly Expr[];
}
export interface BranchStmt extends NodeBase {
  readonly kind: "BranchStmt";
  readonly branch: "break" | "continue" | "goto" | "fallthrough";
  readonly label: Ident | null;
}
export interface BlockStmt extends NodeBase {
  readonly kind: "BlockStmt";
  readonly list: readonly Stmt[];
}
export interface IfStmt extends NodeBase {
  readonly kind: "IfStmt";
  readonly init: Stmt | null;
  readonly cond: Expr;
  readonly body: BlockStmt;
  readonly else: BlockStmt | IfStmt | null;
}
export interface CaseClause extends NodeBase {
  readonly kind: "CaseClause";
  /** Null for `default`. */
  readonly list: readonly Expr[] | null;
  readonly body: readonly Stmt[];
}
export interface SwitchStmt extends NodeBase {
  readonly kind: "SwitchStmt";
  readonly init: Stmt | null;
  readonly tag: Expr | null;
  readonly cases: readonly CaseClause[];
}
export interface TypeSwitchStmt extends NodeBase {
  readonly kind: "TypeSwitchStmt";
  readonly init: Stmt | null;
  /** The name of `switch v := x.(type)`. */
  readonly bind: Ident | null;
  readonly x: Expr;
  readonly cases: readonly CaseClause[];
}
export interface CommClause extends NodeBase {
  readonly kind: "CommClause";
  /** Null for `default`; a send, an expression statement or an assignment. */
  readonly comm: Stmt | null;
  readonly body: readonly Stmt[];
}
export interface SelectStmt extends NodeBase {
  readonly kind: "SelectStmt";
  readonly cases: readonly CommClause[];
}
export interface ForStmt extends NodeBase {
  readonly kind: "ForStmt";
  readonly init: Stmt | null;
  readonly cond: Expr | null;
  readonly post: Stmt | null;
  readonly body: BlockStmt;
}
export interface RangeStmt extends NodeBase {
  readonly kind: "RangeStmt";
  readonly key: Expr | null;
  readonly value: Expr | null;
  /** True for `:=`. */
  readonly define: boolean;
  readonly x: Expr;
  readonly body: BlockStmt;
}

export type LoopStmt = ForStmt | RangeStmt;

/** Any node of the tree. */
export type Node =
  | Decl
  | ImportSpec
  | ConstSpec
  | VarSpec
  | TypeSpec
  | FieldList
  | Field
  | Expr
  | Stmt
  | CaseClause
  | CommClause;
