/**
 * The parser itself: tree-sitter started and the Go grammar loaded, and one piece of a file read with them.
 *
 * A piece comes from its text, or from what `packed.ts` kept of an earlier reading of the same text. How a file
 * is cut into pieces is `chunks.ts`, what becomes of them `parse.ts`.
 */
import { Language, Parser } from "web-tree-sitter";
import type { Decl, Ident, SyntaxFault } from "./ast.ts";
import { readable } from "./chunks.ts";
import { type Conversion, enter, type Grammar, grammarOf, leave, next, typeHere } from "./cursor.ts";
import { OpenTexts } from "./openTexts.ts";
import {
  type NodeTable,
  type PackedTable,
  type TableReader,
  type TreeSitterModule,
  tableOf,
  unpackTable,
  withTree,
} from "./table.ts";

/** The bytes of the two WebAssembly modules that parsing needs; whoever calls core reads them. */
export interface ParserWasm {
  /** `web-tree-sitter.wasm` */
  readonly runtime: Uint8Array;
  /** `tree-sitter-go.wasm` */
  readonly go: Uint8Array;
}

/** A ready parser; one serves any number of files. */
export interface GoParser {
  readonly parser: Parser;
  readonly reader: TableReader;
  readonly grammar: Grammar;
  readonly names: Map<string, string>;
  readonly open: OpenTexts;
  /** What {@link SourceFile.errors} found in declarations that are still alive. */
  readonly faults: WeakMap<Decl, readonly SyntaxFault[]>;
}

/** The WebAssembly runtime: the parser library keeps one per process, and starting it twice would break the first. */
let runtime: Promise<TreeSitterModule> | null = null;

function startRuntime(bytes: Uint8Array): Promise<TreeSitterModule> {
  // Emscripten takes the bytes of the module under this name, and makes the options the module; the published
  // types list neither.
  const options = { wasmBinary: bytes } as unknown as Parameters<typeof Parser.init>[0];
  runtime ??= Parser.init(options).then(
    () => options as unknown as TreeSitterModule,
    (cause: unknown) => {
      runtime = null; // the next caller may have the right bytes
      throw new Error(
        "The parser's WebAssembly runtime did not start; web-tree-sitter.wasm may be damaged.",
        {
          cause,
        },
      );
    },
  );
  return runtime;
}

/** Loads the grammar; may be called any number of times. Rejects when the bytes are not the modules they should be. */
export async function createParser(wasm: ParserWasm): Promise<GoParser> {
  const module = await startRuntime(wasm.runtime);
  const language = await Language.load(wasm.go);
  const parser = new Parser();
  parser.setLanguage(language);
  const grammar = grammarOf(language);
  const reader: TableReader = {
    module,
    withFields: grammar.withFields,
    buffer: new Int32Array(1 << 14),
    sound: true,
  };
  return { parser, reader, grammar, names: new Map(), open: new OpenTexts(), faults: new WeakMap() };
}

/** What the parser is given for a piece: declarations end with a line, and without its end it would have to guess one. */
export function parserInput(source: string): string {
  return `${readable(source)}\n`;
}

/** The table of a piece. */
export function readTable(go: GoParser, source: string): NodeTable {
  return withTree(go.parser, parserInput(source), (tree) => tableOf(go.reader, tree));
}

/** A piece of a file to read. */
export interface Piece {
  /** What is parsed. */
  readonly source: string;
  /** What an earlier reading of the same `source` gave, or null. */
  readonly packed: PackedTable | null;
  /** Where `source` begins in what positions count in. */
  readonly shift: number;
  /** The id that the first node gets. */
  readonly firstId: number;
  /** Names that an earlier reading gave, by id, and that this one is to give again. */
  readonly known: ReadonlyMap<number, Ident>;
}

/** For pieces that are read for the first time, or whose names may be others. */
export const NO_NAMES: ReadonlyMap<number, Ident> = new Map();

/** A piece that stands for itself. */
export function pieceOf(
  source: string,
  packed: PackedTable | null,
  firstId = 0,
  known: ReadonlyMap<number, Ident> = NO_NAMES,
): Piece {
  return { source, packed, shift: 0, firstId, known };
}

/** What reading a piece gave. */
export interface Reading<T> {
  /** Null where the piece holds no node of the wanted type. */
  readonly node: T | null;
  /** False where the grammar could not read all of it. */
  readonly sound: boolean;
}

/** Reads a piece: `convert` is called at its first node of type `wanted`. */
export function readPiece<T>(
  go: GoParser,
  { source, packed, shift, firstId, known }: Piece,
  wanted: string,
  convert: (cx: Conversion) => T,
): Reading<T> {
  const table = packed === null ? readTable(go, source) : unpackTable(go.reader, packed);
  const { sound } = go.reader;
  const cx: Conversion = {
    grammar: go.grammar,
    table,
    at: 0,
    parents: [],
    text: source,
    shift,
    names: go.names,
    known,
    nextId: firstId,
    depth: 0,
  };
  // Where the root is unreadable, what was read of the piece stands in it.
  return { node: find(cx, wanted, 3) ? convert(cx) : null, sound };
}

/** Moves the cursor to the first node whose type is (or ends with) `wanted`, at most `depth` levels down. */
function find(cx: Conversion, wanted: string, depth: number): boolean {
  if (typeHere(cx) === wanted) return true;
  if (depth === 0 || !enter(cx)) return false;
  do {
    if (find(cx, wanted, depth - 1)) return true;
  } while (next(cx));
  leave(cx);
  return false;
}
