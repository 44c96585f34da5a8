/** Every node below a node, for tests that look at all of them. */
import type { Node } from "../../src/server/core/syntax/ast.ts";

/** Calls `visit` on `node` and on everything below it, parents first. */
export function walk(node: Node, visit: (n: Node) => void): void {
  const stack: Node[] = [node];
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    visit(n);
    for (const value of [...Object.values(n), n.kind === "FuncDecl" ? n.body : null]) {
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
