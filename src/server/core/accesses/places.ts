/**
 * The places in functions where something happens: accesses, calls, `go` statements.
 *
 * A place stays the same object through edits, and follows its text, for as long as the walk of its function comes
 * by the same number of places before it. So what a function does can be compared with what it did before the
 * edit, and where nothing else changed, its callers need not be looked at again.
 */
import type { Fn } from "../calls/functions.ts";
import type { Node } from "../syntax/ast.ts";
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
}

/** The places of one function, in the order in which they were first come by. */
interface Table {
  /** Which version of the function they are of. */
  info: Info;
  byNode: Map<Node, Place>;
  places: Place[];
  /** Where the places were in the version before; null while that has nobody to be compared with. */
  before: readonly number[];
}

const tables = new WeakMap<Fn, Table>();

/** The place of a node in a function that is being walked. */
export function placeIn(fn: Fn, node: Node): Place {
  let table = tables.get(fn);
  if (!table) {
    table = { info: fn.info, byNode: new Map(), places: [], before: [] };
    tables.set(fn, table);
  } else if (table.info !== fn.info) {
    table.info = fn.info;
    table.before = table.places.map((place) => place.pos);
    table.byNode = new Map();
  }
  let place = table.byNode.get(node);
  if (!place) {
    place = table.places[table.byNode.size];
    if (place) place.node = node;
    else {
      place = new Place(node);
      table.places.push(place);
    }
    table.byNode.set(node, place);
  }
  return place;
}

/** True where the places of a function that was walked anew follow each other in its text as they did before. */
export function isInOrderOfBefore(fn: Fn): boolean {
  const table = tables.get(fn);
  if (!table) return true;
  const { before, places, byNode } = table;
  if (table.info !== fn.info) return places.length === 0;
  if (before.length !== byNode.size) return false;
  const order = before.map((_, i) => i).sort((a, b) => before[a]! - before[b]! || a - b);
  for (let i = 1; i < order.length; i++) {
    const [x, y] = [order[i - 1]!, order[i]!];
    const tied = before[x] === before[y];
    if (tied ? places[x]!.pos !== places[y]!.pos : places[x]!.pos >= places[y]!.pos) return false;
  }
  return true;
}
