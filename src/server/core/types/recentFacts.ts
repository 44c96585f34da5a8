/**
 * Which facts about declarations stay although nobody holds them: for a short while those that were asked for once,
 * and longer those that are asked for again and again, as those about the file that is being edited.
 *
 * Facts that are asked for once, as when all of a program is looked at, go while they are young: the collector takes
 * them for next to nothing then, while what is held weakly grows old first.
 */
import type { DeclInfo, FactsFinder } from "./checker.ts";

/** How many nodes the facts asked for again may be about before the older half goes: a file of 3,000 lines. */
const MOST_NODES = 30_000;

/** How many nodes are looked at before a second question about facts counts as a first one: such a file twice. */
const SOON = 2 * MOST_NODES;

/** How many nodes the facts asked for once may be about. */
const MOST_ONCE = 500;

type Held = Map<DeclInfo, FactsFinder>;

/** Holds what was used last. */
export class RecentFacts {
  /** The nodes that were looked at so far. */
  private clock = 1;
  /** Asked for again: the latest, and those from before. */
  private again: readonly [Held, Held] = [new Map(), new Map()];
  private nodesAgain = 0;
  /** Asked for once: the latest, and those from before. Lists, as a map that things come and go in keeps old tables. */
  private once: [DeclInfo, FactsFinder][] = [];
  private onceBefore: [DeclInfo, FactsFinder][] = [];
  private nodesOnce = 0;

  /** `finder` is told when the facts go. */
  add(info: DeclInfo, finder: FactsFinder): void {
    if (this.again[0].has(info)) return;
    const nodes = info.types.length;
    const isAgain = finder.usedAt > 0 && this.clock - finder.usedAt < SOON;
    this.clock += nodes;
    finder.usedAt = this.clock;
    if (isAgain) this.addAgain(info, finder, nodes);
    else this.addOnce(info, finder, nodes);
  }

  private addAgain(info: DeclInfo, finder: FactsFinder, nodes: number): void {
    const [latest, before] = this.again;
    latest.set(info, finder);
    this.nodesAgain += nodes;
    if (this.nodesAgain < MOST_NODES) return;
    this.again = [new Map(), latest];
    this.nodesAgain = 0;
    for (const [old, its] of before) if (!latest.has(old)) its.letGo(old);
  }

  private addOnce(info: DeclInfo, finder: FactsFinder, nodes: number): void {
    this.once.push([info, finder]);
    this.nodesOnce += nodes;
    if (this.nodesOnce < MOST_ONCE) return;
    const old = this.onceBefore;
    this.onceBefore = this.once;
    this.once = [];
    this.nodesOnce = 0;
    const [latest, before] = this.again;
    for (const [its, of] of old) if (!latest.has(its) && !before.has(its)) of.letGo(its);
  }
}
