/**
 * Why nothing orders two accesses, read from what both goroutines did around them: the locks each held,
 * what the earlier side released afterwards, what the later side acquired before. Decides words and the
 * facts behind them; the detector has already proved that there is no order, this only explains it.
 */
import type { Conflict, ConflictAccess, GoroutineEvent } from "../src/protocol.ts";
import { ownerOf, packageOf } from "./frames.ts";
import { type HeldLock, locksOf } from "./locks.ts";
import { goroutineInSentence, hasTimes } from "./model.ts";
import { formatTime, smallestGap } from "./scale.ts";
import { type Sequence, sequenceOf } from "./sequence.ts";

/** An order that does exist: what came before `from` on one side comes before what follows `to` on the other. */
export interface OrderEdge {
  readonly fromSide: 0 | 1;
  readonly toSide: 0 | 1;
  readonly from: GoroutineEvent;
  readonly to: GoroutineEvent;
}

/** Why the two accesses of a conflict are not ordered. Sides: 0 is the earlier access, 1 the later. */
export interface Ordering {
  readonly sentences: readonly string[];
  readonly edges: readonly OrderEdge[];
  readonly locks: readonly [readonly HeldLock[], readonly HeldLock[]];
}

/** Explains a conflict from its recorded events. */
export function explainOrdering(conflict: Conflict): Ordering {
  const told = withoutPlumbing(conflict);
  const [earlier, later] = told.accesses;
  const locks = [locksOf(earlier.recent), locksOf(later.recent)] as const;
  return {
    sentences: sentencesOf(told, locks),
    edges: [...edgesBetween(0, earlier, later), ...edgesBetween(1, later, earlier)],
    locks,
  };
}

/**
 * The conflict without the synchronisation inside the standard library, such as a connection's locks and the
 * reference counts of its descriptor: hardly a reader looks for an order there, and there is far more of it than
 * of all else. What both sides have in common stays, except for the innermost works.
 */
export function withoutPlumbing(conflict: Conflict): Conflict {
  const [one, other] = conflict.accesses;
  return { ...conflict, accesses: [withoutOwnPlumbing(one, other), withoutOwnPlumbing(other, one)] };
}

function withoutOwnPlumbing(access: ConflictAccess, other: ConflictAccess): ConflictAccess {
  const shared = new Set(other.recent.map(({ object }) => object));
  const recent = access.recent.filter(({ frame, what, object }) => {
    if (!frame || ownerOf(frame) !== "standard") return true;
    if (what.startsWith("atomic") || /^(?:internal|runtime|syscall)(?:\/|$)/.test(packageOf(frame.function)))
      return false;
    return object !== undefined && shared.has(object);
  });
  return { ...access, recent };
}

/** True for events that publish what came before them: unlock, send, close, Done, `go`, the goroutine's end. */
function isRelease(event: GoroutineEvent): boolean {
  return event.kind === "release" || event.kind === "go" || event.kind === "end";
}

/** True for events that see what another goroutine published: lock, receive, Wait, the goroutine's start. */
function isAcquire(event: GoroutineEvent): boolean {
  return event.kind === "acquire" || event.kind === "start";
}

function locksAt(locks: readonly HeldLock[], when: number, sequence: Sequence): readonly HeldLock[] {
  return locks.filter(
    ({ acquired, released }) => sequence.at(acquired) <= when && (!released || when <= sequence.at(released)),
  );
}

/** Releases of one side met by the first later acquire of the same object on the other. */
function edgesBetween(fromSide: 0 | 1, source: ConflictAccess, target: ConflictAccess): OrderEdge[] {
  const edges: OrderEdge[] = [];
  for (const from of source.recent) {
    if (!isRelease(from) || from.object === undefined) continue;
    const to = target.recent.find(
      (event) => isAcquire(event) && event.object === from.object && event.when > from.when,
    );
    const replaced = edges.findIndex((edge) => edge.to === to);
    if (!to) continue;
    // Of several releases before one acquire the last says most: it carries all that the earlier ones did.
    if (replaced >= 0) edges.splice(replaced, 1);
    edges.push({ fromSide, toSide: fromSide === 0 ? 1 : 0, from, to });
  }
  return edges;
}

function sentencesOf(conflict: Conflict, locks: Ordering["locks"]): readonly string[] {
  const [earlier, later] = conflict.accesses;
  if (earlier.recent.length === 0 && later.recent.length === 0) {
    return [
      "The detector found no lock, channel or other synchronisation that puts one access before the other. " +
        "The record has no events of the program's own around them, so there is nothing more to show.",
    ];
  }
  const sentences = [lockSentence(conflict, locks)];
  if (hasTimes(conflict))
    sentences.push(releaseSentence(earlier, later), ...backwardSentence(earlier, later));
  return sentences;
}

function lockSentence(conflict: Conflict, locks: Ordering["locks"]): string {
  const [earlier, later] = conflict.accesses;
  const sequence = sequenceOf(conflict);
  const ofEarlier = locksAt(locks[0], sequence.accesses[0], sequence);
  const ofLater = locksAt(locks[1], sequence.accesses[1], sequence);
  const one = goroutineInSentence(earlier);
  const other = goroutineInSentence(later);
  if (ofEarlier.length === 0 && ofLater.length === 0) {
    return `Neither ${one} nor ${other} is seen to hold a lock while it touches the map.`;
  }
  const shared = ofEarlier.find((lock) => ofLater.some((candidate) => candidate.lock === lock.lock));
  if (shared?.readMode) return `Both hold ${shared.name} in read mode, which lets them in together.`;
  if (shared) return `Both are seen to hold ${shared.name}, but neither waited for the other.`;
  if (ofEarlier.length === 0 || ofLater.length === 0) {
    const [holder, names, bare, side] =
      ofEarlier.length > 0 ? [one, ofEarlier, other, later] : [other, ofLater, one, earlier];
    if (side.recent.length === 0) {
      return `${capital(holder)} holds ${namesOf(names)}; what ${bare} held was not recorded, but it was not that.`;
    }
    return `${capital(holder)} holds ${namesOf(names)}, ${bare} holds no lock: a lock protects only from those who take it too.`;
  }
  return `${capital(one)} holds ${namesOf(ofEarlier)}, ${other} holds ${namesOf(ofLater)}: different locks order nothing.`;
}

function releaseSentence(earlier: ConflictAccess, later: ConflictAccess): string {
  const releases = earlier.recent.filter((event) => isRelease(event) && event.when <= later.when);
  const last = releases.findLast((event) => event.when <= earlier.when);
  const after = releases.filter((event) => event.when > earlier.when);
  // One number of digits for all moments of the sentence: as many as tell them apart.
  const apart = smallestGap([earlier, later, ...after, ...(last ? [last] : [])].map(({ when }) => when));
  const at = (when: number) => formatTime(when, apart);
  const one = goroutineInSentence(earlier);
  const other = goroutineInSentence(later);
  const itsAccess = `its ${accessWord(earlier)} at ${at(earlier.when)}`;
  if (after.length === 0) {
    return last
      ? `The last thing that ${one} is seen to pass on (${last.what}, ${at(last.when)}) comes before ${itsAccess}; nothing after it reached ${other}.`
      : `Nothing that ${one} did from ${itsAccess} on was waited for by ${other}: no lock, channel or WaitGroup leads from the one to the other.`;
  }
  for (const release of after) {
    if (release.object === undefined) continue;
    const same = later.recent.filter(
      (event) => isAcquire(event) && event.object === release.object && event.when <= later.when,
    );
    const met = same.find((event) => event.when > release.when);
    if (met) {
      return `Both pass through one object (${release.what} at ${at(release.when)}, ${met.what} at ${at(met.when)}), but that pair does not order them: a read unlock does not hold up a later read lock.`;
    }
    const before = same.at(-1);
    if (before) {
      return `${capital(one)} passes on (${release.what}) at ${at(release.when)}, but ${other} looked there before that: ${before.what} at ${at(before.when)}.`;
    }
  }
  const first = after[0]!;
  return `After ${itsAccess}, ${one} passes on (${first.what}, ${at(first.when)}), but ${other} takes nothing from there before its ${accessWord(later)} at ${at(later.when)}.`;
}

/** An arrow from the later side to the earlier looks like an order; it is one, of the wrong things. */
function backwardSentence(earlier: ConflictAccess, later: ConflictAccess): string[] {
  const edge = edgesBetween(1, later, earlier).findLast(({ to }) => to.when <= earlier.when);
  if (!edge) return [];
  return [
    `The arrow from ${goroutineInSentence(later)} (${edge.from.what}) orders only what it did before ${formatTime(edge.from.when, smallestGap([edge.from.when, earlier.when, later.when]))}, not its ${accessWord(later)} afterwards.`,
  ];
}

function accessWord(access: ConflictAccess): string {
  switch (access.kind) {
    case "iterate":
      return "iteration";
    case "len":
      return "length read";
    case "assign":
      return "map variable write";
    default:
      return access.kind;
  }
}

function namesOf(locks: readonly HeldLock[]): string {
  return locks.map((lock) => lock.name).join(" and ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
