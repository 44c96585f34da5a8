/**
 * Where a piece of code is left by other ways than its end.
 */
import type { Node } from "../syntax/ast.ts";
import { type DeclTree, walk } from "./tree.ts";

/** Statements that leave the section: returns, and jumps to somewhere outside of it. */
export function exitsOf(tree: DeclTree, node: Node, section: Node): Node[] {
  const exits: Node[] = [];
  walk(node, (n) => {
    if (n.kind === "FuncLit") return false;
    if (n.kind === "ReturnStmt") exits.push(n);
    if (n.kind === "BranchStmt" && n.branch !== "fallthrough" && leaves(tree, n, section)) exits.push(n);
    return undefined;
  });
  return exits;
}

function leaves(tree: DeclTree, branch: Node & { kind: "BranchStmt" }, section: Node): boolean {
  if (branch.branch === "goto") return true;
  for (let n = tree.parents.get(branch); n !== undefined; n = tree.parents.get(n)) {
    const isLoop = n.kind === "ForStmt" || n.kind === "RangeStmt";
    const isTarget =
      isLoop || (branch.branch === "break" && /^(SwitchStmt|TypeSwitchStmt|SelectStmt)$/.test(n.kind));
    const label = branch.label?.name;
    if (isTarget && label === undefined) return false;
    const labelled = tree.parents.get(n);
    if (isTarget && labelled?.kind === "LabeledStmt" && labelled.label.name === label) return false;
    if (n === section) return true;
  }
  return true;
}
