/**
 * The tree that tree-sitter makes of a text, read out in one pass as a table of numbers.
 *
 * A question to a tree-sitter cursor crosses into WebAssembly, and through the library's cursor it copies the
 * cursor there and back as well. Walking the tree once with the module's own functions, and answering from the
 * table afterwards, costs a fraction. What the nodes mean is for the converters (`cursor.ts` and its users).
 */
import type { Parser, Tree } from "web-tree-sitter";

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
}

/** What reading tables needs; its buffer is used again and again, so a table is good until the next is made. */
export interface TableReader {
  readonly module: TreeSitterModule;
  /** Node types whose children are asked for their field. */
  readonly withFields: ReadonlySet<number>;
  buffer: Int32Array;
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
