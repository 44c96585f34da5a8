/**
 * Whether core's Findings hang on what is looked at first: a program's files are asked for in any order, as an editor
 * asks for those that are opened.
 */
import fc from "fast-check";
import { createCore, type ParserModules } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { shown } from "./randomEdits.ts";

/** The Findings of a folder's programs, their files asked for in the order that `chances` choose, or all at once. */
export async function findingsInOrder(
  modules: ParserModules,
  folder: string,
  chances: readonly number[] | null,
): Promise<readonly string[]> {
  const workspace = new Workspace({ folders: [folder], trusted: false, variables: process.env });
  try {
    const found: string[] = [];
    for (const { source } of workspace.programs()) {
      const paths = source.packages.flatMap(({ files }) => files.map(({ path }) => path));
      const core = await createCore(modules);
      const snapshot = core.update(source);
      for (const path of chances ? shuffled(paths, chances) : []) snapshot.advance(path, () => true);
      found.push(...shown(snapshot.findings()));
      core.dispose();
    }
    return found;
  } finally {
    workspace.dispose();
  }
}

/** The paths in an order that the numbers choose, used again from the first on where there are too few. */
function shuffled(paths: readonly string[], chances: readonly number[]): string[] {
  const left = [...paths];
  const order: string[] = [];
  for (let i = 0; left.length > 0; i++) {
    const chance = chances[i % chances.length] ?? 0;
    order.push(...left.splice((chance + i) % left.length, 1));
  }
  return order;
}

/** What an order is chosen by. */
export const chances: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 1_000_003 }), {
  minLength: 7,
  maxLength: 61,
});
