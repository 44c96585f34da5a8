/** Which facts about functions stay although nobody holds them: those that were asked for last. */
import type { DeclInfo } from "./checker.ts";

/** How many nodes the facts may be about before the older half goes: a file of 3,000 lines, and some megabytes. */
const MOST_NODES = 30_000;

/** Holds what was used last. */
export class RecentFacts {
  /** The latest, and those from before. */
  private held: readonly [Set<DeclInfo>, Set<DeclInfo>] = [new Set(), new Set()];
  private nodes = 0;

  add(info: DeclInfo): void {
    const [latest] = this.held;
    if (latest.has(info)) return;
    latest.add(info);
    this.nodes += info.types.length;
    if (this.nodes < MOST_NODES) return;
    this.held = [new Set(), latest];
    this.nodes = 0;
  }
}
