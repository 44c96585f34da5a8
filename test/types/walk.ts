/** Every node below a node, for tests that look at all of them. */
import type { Node } from "../../src/server/core/syntax/ast.ts";

/** Calls `visit` on `node` and on everything below it, parents first. */
export function walk(node: Node, visit: (n: Node) => void): void {
  const stack: Node[] = [node];
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    visit(n);
    // The parts of a function are read on demand: they are no fields of their own.
    const parts: readonly unknown[] =
      n.kind === "FuncDecl" ? [n.recv, n.name, n.type, n.body] : Object.values(n);
    for (const value of parts) {
      if (Array.isArray(value)) for (const v of value) push(v, stack);
      else push(value, stack);
    }
  }
}

function push(value: unknown, to: Node[]): void {
  if (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    "pos" in value &&
    !to.includes(value as Node)
  ) {
    to.push(value as Node);
  }
}
