/**
 * Which locks a goroutine held when, read from its events: what was acquired and released and is called a lock.
 * Decides what a lock without a name is called: the place that took it.
 */
import type { GoroutineEvent } from "../src/protocol.ts";
import { shortPlace } from "./frames.ts";

/** A lock held over a stretch of a goroutine's life. */
export interface HeldLock {
  /** "mu", or "the mutex of store.go:29" when the record does not name it. */
  readonly name: string;
  readonly lock: string;
  readonly acquired: GoroutineEvent;
  /** Undefined when its release was not seen. */
  readonly released: GoroutineEvent | undefined;
  readonly readMode: boolean;
}

/** The locks of one side, in the order in which they were taken. */
export function locksOf(events: readonly GoroutineEvent[]): readonly HeldLock[] {
  const held: HeldLock[] = [];
  const open = new Map<string, GoroutineEvent>();
  for (const event of events) {
    const lock = lockOf(event);
    if (lock === undefined) continue;
    // One call of RWMutex.Lock acquires twice; the first is when it was taken.
    if (event.kind === "acquire" && !open.has(lock)) open.set(lock, event);
    const acquired = open.get(lock);
    if (event.kind === "release" && acquired) {
      open.delete(lock);
      held.push(heldLock(lock, acquired, event));
    }
  }
  for (const [lock, acquired] of open) held.push(heldLock(lock, acquired, undefined));
  return held.sort((a, b) => a.acquired.when - b.acquired.when);
}

function heldLock(lock: string, acquired: GoroutineEvent, released: GoroutineEvent | undefined): HeldLock {
  return { name: lockName(acquired), lock, acquired, released, readMode: isReadMode(acquired.what) };
}

/** What tells the lock of an event from others; undefined for events that are not about a lock. */
function lockOf(event: GoroutineEvent): string | undefined {
  if (event.object === undefined || !/lock/i.test(event.what)) return undefined;
  const address = /^sync-([0-9a-f]{4,})$/.exec(event.object)?.[1];
  // A RWMutex synchronises on two words of its own, side by side: one for readers, one for the writer.
  const shared = address !== undefined && /\b(?:read|write)\b/.test(event.what);
  return shared ? `word ${Math.floor(Number.parseInt(address, 16) / 8)}` : event.object;
}

/** "mu" of "lock mu"; by its place when the words name only the kind of lock. */
function lockName(acquired: GoroutineEvent): string {
  const name = acquired.what.replace(/^(?:(?:read|write|try)[- ]?|r)*locks?\b[\s:]*/i, "").trim();
  if (name !== "" && name !== "mutex") return name;
  return acquired.frame ? `the mutex of ${shortPlace(acquired.frame)}` : "a mutex";
}

function isReadMode(what: string): boolean {
  return /\br(?:ead)?[- ]?lock/i.test(what);
}
