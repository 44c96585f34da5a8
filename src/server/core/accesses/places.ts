/**
 * The places in functions where something happens: accesses, calls, `go` statements.
 *
 * A place stays the same object through edits beside it, and follows its text. So what a function does can be compared
 * with what it did before the edit, and where nothing else changed, its callers need not be looked at again. Places
 * that an edit leaves alone follow each other in the text as they did before.
 */
import type { Fn } from "../calls/functions.ts";
import type { Decl, Node } from "../syntax/ast.ts";
import type { Info } from "../types/types.ts";

/** A node of the current version of a function. */
export class Place {
  node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  get pos(): number {
    return this.node.pos;
  }

  get end(): number {
    return this.node.end;
  }

  /** True for the node here in the place's declaration, which may have been let go of and read again since. */
  isOf(node: Node): boolean {
    return node.pos === this.pos && node.end === this.end;
  }
}

/** The places of one function. */
interface Table {
  /** Which version of the function they are of. */
  info: Info;
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
    table = { info: fn.info, decl: fn.decl, places: new Map(), left: null };
    tables.set(fn, table);
  } else if (table.info !== fn.info) {
    table.left = leftBy(table.decl, fn.decl, table.places.values());
    table.info = fn.info;
    table.decl = fn.decl;
    table.places = new Map();
  }
  let place = table.places.get(node.id);
  if (!place) {
    const where = rangeKey(node.pos, node.end);
    place = table.left?.get(where);
    if (place) {
      table.left?.delete(where);
      place.node = node;
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
