/**
 * The tree that tree-sitter makes of a text, read out in one pass as a table of numbers.
 *
 * A question to a tree-sitter cursor crosses into WebAssembly, and through the library's cursor it copies the
 * cursor there and back as well. Walking the tree once with the module's own functions, and answering from the
 * table afterwards, costs a fraction. What the nodes mean is for the converters (`cursor.ts` and its users).
 */
import type { Parser, Tree } from "web-tree-sitter";
import { ByteWriter } from "./bytes.ts";

/** Nodes in the order of their starts, parents before children; {@link STRIDE} numbers each. */
export type NodeTable = Int32Array;

/** Numbers per node: its type, its start, its end (offsets in UTF-16 code units), the row after its last descendant. */
export const STRIDE = 4;
export const START = 1;
export const END = 2;
export const NEXT = 3;

/** The type word holds the node's type in the low bits, and above them its field in its parent, where that is asked. */
export const TYPE_MASK = 0xffff;
export const FIELD_SHIFT = 16;

/** The type of nodes that stand for text that the grammar could not read. */
const ERROR_TYPE = 0xffff;

/**
 * The functions of the parser's WebAssembly module that a walk needs. They work on one cursor, which lies in
 * the module's transfer buffer: making one leaves it there, and every step reads and writes it.
 */
export interface TreeSitterModule {
  _ts_tree_root_node_wasm(tree: number): void;
  _ts_tree_cursor_new_wasm(tree: number): void;
  _ts_tree_cursor_delete_wasm(tree: number): void;
  _ts_tree_cursor_goto_first_child_wasm(tree: number): number;
  _ts_tree_cursor_goto_next_sibling_wasm(tree: number): number;
  _ts_tree_cursor_goto_parent_wasm(tree: number): number;
  _ts_tree_cursor_current_node_type_id_wasm(tree: number): number;
  _ts_tree_cursor_current_field_id_wasm(tree: number): number;
  _ts_tree_cursor_start_index_wasm(tree: number): number;
  _ts_tree_cursor_end_index_wasm(tree: number): number;
  _ts_tree_cursor_current_node_is_missing_wasm(tree: number): number;
}

/** What reading tables needs; its buffer is used again and again, so a table is good until the next is made. */
export interface TableReader {
  readonly module: TreeSitterModule;
  /** Node types whose children are asked for their field. */
  readonly withFields: ReadonlySet<number>;
  buffer: Int32Array;
  /** Whether the grammar could read all of the text that the last table is of. */
  sound: boolean;
}

/** Parses `text` and hands its tree to `use`. */
export function withTree<T>(parser: Parser, text: string, use: (tree: Tree) => T): T {
  const tree = parser.parse(text);
  if (tree === null) throw new Error("The Go parser has no language or was cancelled.");
  try {
    return use(tree);
  } finally {
    tree.delete();
  }
}

/** The table of a tree. */
export function tableOf(reader: TableReader, tree: Tree): NodeTable {
  const { module: m, withFields } = reader;
  // The handle that the library itself passes; its published types leave it out.
  const handle = (tree as unknown as { readonly 0: number })[0];
  let out = reader.buffer;
  let size = 0;
  const open: number[] = []; // rows whose descendants are being read
  let asksField = false;
  reader.sound = true;
  m._ts_tree_root_node_wasm(handle);
  m._ts_tree_cursor_new_wasm(handle);
  for (;;) {
    if (size + STRIDE > out.length) {
      reader.buffer = new Int32Array(out.length * 2);
      reader.buffer.set(out);
      out = reader.buffer;
    }
    const row = size;
    size += STRIDE;
    const type = m._ts_tree_cursor_current_node_type_id_wasm(handle);
    out[row] = asksField ? type | (m._ts_tree_cursor_current_field_id_wasm(handle) << FIELD_SHIFT) : type;
    out[row + START] = m._ts_tree_cursor_start_index_wasm(handle);
    out[row + END] = m._ts_tree_cursor_end_index_wasm(handle);
    if (type === ERROR_TYPE) reader.sound = false;
    else if (
      out[row + START] === out[row + END] &&
      m._ts_tree_cursor_current_node_is_missing_wasm(handle) !== 0
    )
      reader.sound = false;
    if (m._ts_tree_cursor_goto_first_child_wasm(handle) !== 0) {
      open.push(row);
      asksField = withFields.has(type);
      continue;
    }
    out[row + NEXT] = size;
    while (m._ts_tree_cursor_goto_next_sibling_wasm(handle) === 0) {
      const parent = open.pop();
      if (parent === undefined) {
        m._ts_tree_cursor_delete_wasm(handle);
        return out.subarray(0, size);
      }
      out[parent + NEXT] = size;
      m._ts_tree_cursor_goto_parent_wasm(handle);
    }
    const parent = open.at(-1);
    asksField = parent !== undefined && withFields.has(out[parent]! & TYPE_MASK);
  }
}

/** A table in few bytes: a byte that says whether it is sound, then for each node its numbers as differences. */
export type PackedTable = Uint8Array;

/** Packs the table that was read last. */
export function packTable(reader: TableReader, table: NodeTable): PackedTable {
  const out = new ByteWriter(table.length * 2);
  out.number(reader.sound ? 1 : 0);
  let before = 0;
  const open: number[] = [];
  for (let row = 0; row < table.length; row += STRIDE) {
    const start = table[row + START]!;
    const parent = open.at(-1);
    out.number(table[row]! & TYPE_MASK);
    if (parent !== undefined && reader.withFields.has(table[parent]! & TYPE_MASK))
      out.number(table[row]! >>> FIELD_SHIFT);
    out.number(start - before);
    out.number(table[row + END]! - start);
    before = start;
    // How many nodes end here: none where descendants follow.
    const after = row + STRIDE;
    let closed = 0;
    if (table[row + NEXT] === after) {
      closed = 1;
      while (open.length > 0 && table[open.at(-1)! + NEXT] === after) {
        open.pop();
        closed++;
      }
    } else open.push(row);
    out.number(closed);
  }
  return out.bytes();
}

/** The table that was packed. The numbers are read in place: there are millions. */
export function unpackTable(reader: TableReader, packed: PackedTable): NodeTable {
  const { withFields } = reader;
  let out = reader.buffer;
  // A node takes four numbers, and no less than four bytes.
  if (packed.length > out.length) {
    out = new Int32Array(packed.length);
    reader.buffer = out;
  }
  let at = 0;
  const number = (): number => {
    let byte = packed[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = packed[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    return value;
  };
  reader.sound = number() === 1;
  let size = 0;
  let before = 0;
  const open: number[] = [];
  let asksField = false;
  while (at < packed.length) {
    const row = size;
    size += STRIDE;
    const type = number();
    out[row] = asksField ? type | (number() << FIELD_SHIFT) : type;
    before += number();
    out[row + START] = before;
    out[row + END] = before + number();
    let closed = number();
    if (closed === 0) {
      open.push(row);
      asksField = withFields.has(type);
      continue;
    }
    out[row + NEXT] = size;
    for (; closed > 1; closed--) out[open.pop()! + NEXT] = size;
    asksField = open.length > 0 && withFields.has(out[open[open.length - 1]!]! & TYPE_MASK);
  }
  return out.subarray(0, size);
}
