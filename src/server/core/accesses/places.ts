/**
 * The places in functions where something happens: accesses, calls, `go` statements.
 *
 * A place stays the same object through edits beside it, and follows its text. So what a function does can be compared
 * with what it did before the edit, and where nothing else changed, its callers need not be looked at again. Places
 * that an edit leaves alone follow each other in the text as they did before.
 */
import type { Fn } from "../calls/functions.ts";
import type { Decl, Ident, Node } from "../syntax/ast.ts";

/** From where to where something stands in a declaration. */
export interface Range {
  readonly pos: number;
  readonly end: number;
}

/** Where a node of the current version of a function stands. The node itself goes with the body that it is of. */
export class Place implements Range {
  pos = 0;
  end = 0;
  /** Where the index of an index expression stands; null for other nodes. */
  index: Range | null = null;
  /** The node, where it is a name and has nothing else to it. */
  ident: Ident | null = null;

  constructor(node: Node) {
    this.moveTo(node);
  }

  /** Takes over where the node stands in a new version of the function. */
  moveTo(node: Node): void {
    this.pos = node.pos;
    this.end = node.end;
    const index = node.kind === "IndexExpr" ? node.indices[0] : undefined;
    this.index = index ? { pos: index.pos, end: index.end } : null;
    this.ident = node.kind === "Ident" ? node : null;
  }

  /** True for the node here in the place's declaration, which may have been let go of and read again since. */
  isOf(node: Node): boolean {
    return isSameRange(node, this);
  }
}

/** True for two nodes of one kind in a declaration that are one, read at different times. */
export function isSameRange(a: Range, b: Range): boolean {
  return a.pos === b.pos && a.end === b.end;
}

/** The places of one function. */
interface Table {
  /** Which version of the function they are of. */
  decl: Decl;
  /** By the id of the node. */
  places: Map<number, Place>;
  /** Those of the version before that its edit left alone and nobody has come by since, by where they are now. */
  left: Map<string, Place> | null;
}

const tables = new WeakMap<Fn, Table>();

/** The place of a node in a function that is being walked. */
export function placeIn(fn: Fn, node: Node): Place {
  let table = tables.get(fn);
  if (!table) {
    table = { decl: fn.decl, places: new Map(), left: null };
    tables.set(fn, table);
  } else if (table.decl !== fn.decl) {
    table.left = leftBy(table.decl, fn.decl, table.places.values());
    table.decl = fn.decl;
    table.places = new Map();
  }
  let place = table.places.get(node.id);
  if (!place) {
    const where = rangeKey(node.pos, node.end);
    place = table.left?.get(where);
    if (place) {
      table.left?.delete(where);
      place.moveTo(node);
    } else place = new Place(node);
    table.places.set(node.id, place);
  }
  return place;
}

function rangeKey(pos: number, end: number): string {
  return `${pos} ${end}`;
}

/** The places that the edit between two versions of a declaration left alone, by where they are after it. */
function leftBy(before: Decl, after: Decl, places: Iterable<Place>): Map<string, Place> | null {
  const old = before.kind === "FuncDecl" ? before.bodyText : null;
  const text = after.kind === "FuncDecl" ? after.bodyText : null;
  if (old === null || text === null) return null;
  const least = Math.min(old.length, text.length);
  let head = 0;
  while (head < least && old.charCodeAt(head) === text.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < least - head &&
    old.charCodeAt(old.length - tail - 1) === text.charCodeAt(text.length - tail - 1)
  )
    tail++;
  const bodyBefore = before.end - old.length;
  const bodyAfter = after.end - text.length;
  const left = new Map<string, Place>();
  for (const place of places) {
    const [pos, end] = [place.pos - bodyBefore, place.end - bodyBefore];
    const posFromEnd = old.length - pos;
    const endFromEnd = old.length - end;
    // What begins where text was put in begins after it, and what ends there ends before it.
    const newPos = posFromEnd <= tail ? text.length - posFromEnd : pos < head ? pos : null;
    const newEnd = end <= head ? end : endFromEnd < tail ? text.length - endFromEnd : null;
    if (newPos !== null && newEnd !== null) left.set(rangeKey(newPos + bodyAfter, newEnd + bodyAfter), place);
  }
  return left;
}
