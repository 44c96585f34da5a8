/**
 * Long declarations of package-level variables: tables of data for the most part, whose trees take twenty times what
 * their text does, and which few ask about.
 */
import type { Ident, VarDecl, VarSpec } from "./ast.ts";
import { exact } from "./cursor.ts";
import { convertVars } from "./declarations.ts";
import type { PackedDecl } from "./packed.ts";
import { type GoParser, pieceOf, readPiece } from "./parser.ts";

/** Declarations with more text than this are long. */
const LONG = 1_000;

/** Reads the declaration of variables that `source` is; null where the grammar found none. */
export function readVariables(
  go: GoParser,
  source: string,
  packed: PackedDecl | null,
): { readonly decl: VarDecl | null; readonly sound: boolean } {
  const { node, sound } = readPiece(go, pieceOf(source, packed?.own ?? null), "var_declaration", convertVars);
  if (node === null || source.length <= LONG) return { decl: node, sound };
  return { decl: new LongVariables(go, source, packed, node), sound };
}

/** The names that each specification declares. */
export function declaredNames(decl: VarDecl): readonly (readonly Ident[])[] {
  return decl instanceof LongVariables ? decl.names() : decl.specs.map(({ names }) => names);
}

/** True for declarations whose tree goes when nobody holds it, and is read again, alike. */
export function isReadAgain(decl: VarDecl): boolean {
  return decl instanceof LongVariables;
}

/** The names that it declares stay: objects are known by them. */
class LongVariables implements VarDecl {
  readonly kind = "VarDecl";
  readonly pos: number;
  readonly end: number;
  readonly id: number;
  declare readonly specs: readonly VarSpec[];
  readonly #go: GoParser;
  readonly #source: string;
  readonly #packed: PackedDecl | null;
  readonly #names: readonly (readonly Ident[])[];
  #found: WeakRef<readonly VarSpec[]>;

  constructor(go: GoParser, source: string, packed: PackedDecl | null, first: VarDecl) {
    this.pos = first.pos;
    this.end = first.end;
    this.id = first.id;
    this.#go = go;
    this.#source = source;
    this.#packed = packed;
    this.#names = exact(first.specs.map(({ names }) => names));
    this.#found = new WeakRef(first.specs);
    // Whoever walks a tree looks at the properties that a node has itself.
    Object.defineProperty(this, "specs", { enumerable: true, get: () => this.#read() });
  }

  names(): readonly (readonly Ident[])[] {
    return this.#names;
  }

  #read(): readonly VarSpec[] {
    const known = this.#found.deref();
    if (known !== undefined) return known;
    const names = new Map(this.#names.flat().map((name) => [name.id, name]));
    const piece = pieceOf(this.#source, this.#packed?.own ?? null, 0, names);
    const { node } = readPiece(this.#go, piece, "var_declaration", convertVars);
    if (node === null) throw new Error("Variables that could be read before cannot be read again.");
    this.#found = new WeakRef(node.specs);
    return node.specs;
  }
}
