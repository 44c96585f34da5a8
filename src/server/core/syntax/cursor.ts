/**
 * What the converters share: the walk over the table of a tree-sitter tree, and the making of names.
 *
 * A converter is called with the cursor on its node and leaves it there. Positions come out relative to the
 * declaration; ids count up in the order in which nodes are made.
 */
import type { Language } from "web-tree-sitter";
import type { BadExpr, Ident } from "./ast.ts";
import { END, FIELD_SHIFT, NEXT, type NodeTable, START, STRIDE, TYPE_MASK } from "./table.ts";

/** The grammar's node types by number, read once per language. */
export interface Grammar {
  /** Node type by number; punctuation and keywords stand for themselves. */
  readonly types: readonly string[];
  /** True for node types with structure; false for punctuation, keywords, and comments, which are skipped. */
  readonly named: readonly boolean[];
  readonly fields: {
    readonly initializer: number;
    readonly condition: number;
    readonly consequence: number;
    readonly alternative: number;
    readonly alias: number;
  };
  /** The types of nodes whose converters ask children for their field. */
  readonly withFields: ReadonlySet<number>;
}

/** The state of one conversion. */
export interface Conversion {
  readonly grammar: Grammar;
  readonly table: NodeTable;
  /** The row of the node under the cursor. */
  at: number;
  /** The rows of the nodes around it that were entered, outermost first. */
  readonly parents: number[];
  /** The text that the table is of, as it was written. */
  readonly text: string;
  /** Added to the table's offsets to give offsets in the declaration. */
  readonly shift: number;
  /** One string object per name, whatever the number of its uses. */
  readonly names: Map<string, string>;
  /** Names that an earlier reading of the same text gave, by id, and that this one is to give again. */
  readonly known: ReadonlyMap<number, Ident>;
  nextId: number;
  /** How deep the node under the cursor is nested in others. */
  depth: number;
}

const ASKING_FIELDS = ["if_statement", "expression_switch_statement", "type_switch_statement"];

/** Nesting beyond this is left unread: no person writes it, and whoever walks the tree recursively must survive it. */
export const MAX_DEPTH = 800;

/** The node type that tree-sitter gives to text it could not read. */
export const ERROR = "ERROR";

/** Reads the node types of `language`. */
export function grammarOf(language: Language): Grammar {
  const types: string[] = [];
  const named: boolean[] = [];
  for (let i = 0; i < language.nodeTypeCount; i++) {
    const type = language.nodeTypeForId(i) ?? "";
    types.push(type);
    named.push(language.nodeTypeIsNamed(i) && type !== "comment");
  }
  const field = (name: string): number => {
    const id = language.fieldIdForName(name);
    if (id === null) throw new Error(`The Go grammar has no field "${name}".`);
    return id;
  };
  return {
    types,
    named,
    fields: {
      initializer: field("initializer"),
      condition: field("condition"),
      consequence: field("consequence"),
      alternative: field("alternative"),
      alias: field("alias"),
    },
    withFields: new Set(ASKING_FIELDS.map((type) => types.indexOf(type))),
  };
}

/** Moves to the first child; false where there is none. */
export function enter(cx: Conversion): boolean {
  const { table, at } = cx;
  if (table[at + NEXT] === at + STRIDE) return false;
  cx.parents.push(at);
  cx.at = at + STRIDE;
  return true;
}

/** Moves to the next sibling; false where there is none. */
export function next(cx: Conversion): boolean {
  const { table, parents } = cx;
  const parent = parents[parents.length - 1];
  const after = table[cx.at + NEXT]!;
  if (parent === undefined || after >= table[parent + NEXT]!) return false;
  cx.at = after;
  return true;
}

/** Moves back to the parent. */
export function leave(cx: Conversion): void {
  cx.at = cx.parents.pop() ?? cx.at;
}

function typeIdHere(cx: Conversion): number {
  return cx.table[cx.at]! & TYPE_MASK;
}

/** The field of the node under the cursor; known in the nodes of {@link Grammar.withFields} only. */
export function fieldHere(cx: Conversion): number {
  return cx.table[cx.at]! >>> FIELD_SHIFT;
}

/** The type of the node under the cursor. */
export function typeHere(cx: Conversion): string {
  return cx.grammar.types[typeIdHere(cx)] ?? ERROR;
}

/** True where the node under the cursor is punctuation, a keyword or a comment. */
export function isPlain(cx: Conversion): boolean {
  return cx.grammar.named[typeIdHere(cx)] === false;
}

/** Start of the node under the cursor. */
export function startHere(cx: Conversion): number {
  return cx.table[cx.at + START]! + cx.shift;
}

/** End of the node under the cursor. */
export function endHere(cx: Conversion): number {
  return cx.table[cx.at + END]! + cx.shift;
}

/** The text of the node under the cursor. */
export function textHere(cx: Conversion): string {
  return cx.text.slice(cx.table[cx.at + START], cx.table[cx.at + END]);
}

/** The name under the cursor; a zero-length one where the parser supposed a name that is not there. */
export function identHere(cx: Conversion): Ident {
  const id = cx.nextId++;
  const known = cx.known.get(id);
  if (known !== undefined) return known;
  const name = intern(cx.names, textHere(cx));
  return { kind: "Ident", pos: startHere(cx), end: endHere(cx), id, name };
}

/** More names than any program has: beyond it they are what was typed and deleted again. */
const MANY_NAMES = 500_000;

function intern(names: Map<string, string>, name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MANY_NAMES) names.clear();
  const own = detached(name);
  names.set(own, own);
  return own;
}

/** A copy of a piece of a text that does not keep the whole text alive, as a plain slice does. */
export function detached(piece: string): string {
  return `_${piece}`.slice(1);
}

/** The one empty list of all nodes that have none of something. */
export const NONE: readonly never[] = [];

/**
 * The list without the room for more that lists keep once they have grown, sixteen places and up: most lists of a
 * tree have one element or none, and there are hundreds of thousands.
 */
export function exact<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list.slice();
}

/** An expression that could not be read, covering the node under the cursor. */
export function badHere(cx: Conversion): BadExpr {
  return { kind: "BadExpr", pos: startHere(cx), end: endHere(cx), id: cx.nextId++ };
}

/** An expression that is missing at `at`. */
export function badAt(cx: Conversion, at: number): BadExpr {
  return { kind: "BadExpr", pos: at, end: at, id: cx.nextId++ };
}
