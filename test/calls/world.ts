/** What core knows of the calls of a program, and a walk over its calls. */
import { createWorld, renewWorld, type World } from "../../src/server/core/calls/callees.ts";
import { declFacts } from "../../src/server/core/calls/declFacts.ts";
import { type Fn, forEachChild } from "../../src/server/core/calls/functions.ts";
import { createOutline } from "../../src/server/core/calls/outline.ts";
import type { CallExpr, Node } from "../../src/server/core/syntax/ast.ts";
import type { Program } from "../../src/server/core/types/types.ts";

/** The calls of a whole program. */
export function worldOf(program: Program): World {
  const outline = createOutline();
  const world = createWorld(outline);
  renewWorld(world, outline.update(program));
  for (const path of outline.unread()) renewWorld(world, outline.read(path));
  return world;
}

/** Calls `visit` for each call in the functions of the workspace. */
export function forEachCall(world: World, visit: (fn: Fn, call: CallExpr) => void): void {
  for (const pkg of world.packages()) {
    for (const decl of pkg.files.flatMap((file) => file.decls)) {
      for (const fn of declFacts(pkg, decl).functions) {
        // Literals have their own turn.
        const look = (node: Node): void => {
          if (node.kind === "FuncLit") return;
          if (node.kind === "CallExpr") visit(fn, node);
          forEachChild(node, look);
        };
        if (fn.node.body !== null) forEachChild(fn.node.body, look);
      }
    }
  }
}
