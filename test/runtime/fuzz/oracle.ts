/**
 * What happened before what in a run of a program, by vector clocks without bounds: the Go memory model
 * and the documentation of the sync packages, with the hand-overs along pipes and connections that
 * src/runtime/maprace_io.go describes. It knows the exact order of operations on every object (see
 * fixtures/fuzz/schedule.go), and it compares every access of a map with every other one.
 *
 * Some order is promised by nobody and made all the same, by the inside of a library: whoever waits for a
 * Once passes its mutex on, an object of a Pool passes 128 addresses that all pools share. With `incidental`
 * that order counts too. Accesses that are unordered even so must be reported; those that are ordered
 * without must not; between the two either will do.
 */
import { ACCESS, askedAlong, BRIEF, isWrite, type Op, type Program } from "./program.ts";

/** What watches: the detector in one of its modes, or Go's own, which knows other hand-overs. */
export type Rules = "maps" | "vars" | "go-race";

/** Added to the number of a map, it names the variable beside that map. */
export const VARIABLES = 1000;

/** One access of a map, or of a variable. */
export interface Access {
  readonly map: number;
  readonly place: number;
  readonly goroutine: number;
  readonly writes: boolean;
  readonly how: number;
  /** The goroutine's own time, and what it knew of all then. */
  readonly time: number;
  readonly knows: readonly number[];
  readonly heard: readonly number[];
}

/** What an operation did from one time to another, as the interpreter's log tells it (worker.note). */
export interface Event {
  readonly op: Op;
  readonly goroutine: number;
  readonly phase: number;
  readonly start: number;
  readonly end: number;
  readonly result: number;
  readonly more: number;
}

const EVENT_WORDS = 6;

/** The events of a log. */
export function readEvents(program: Program, log: readonly number[]): Event[] {
  const owners: { op: Op; goroutine: number }[] = [];
  const number = (ops: readonly Op[], goroutine: number): void => {
    for (const op of ops) {
      owners[op.i] = { op, goroutine };
      number(op.b ?? [], goroutine);
    }
  };
  for (const [goroutine, ops] of program.goroutines.entries()) number(ops, goroutine);
  const events: Event[] = [];
  for (let at = 0; at < log.length; at += EVENT_WORDS) {
    const [i = 0, phase = 0, start = 0, end = 0, result = 0, more = 0] = log.slice(at, at + EVENT_WORDS);
    const owner = owners[i];
    if (owner === undefined) throw new Error(`The log names an operation ${i} that is not there.`);
    events.push({ ...owner, phase, start, end, result, more });
  }
  return events;
}

/** Whether `later` comes after `earlier` for sure; `earlier` must not have been made after it. */
export function isOrdered(earlier: Access, later: Access): boolean {
  return (
    earlier.goroutine === later.goroutine ||
    (later.knows[earlier.goroutine] ?? 0) >= earlier.time ||
    (later.heard[earlier.goroutine] ?? 0) >= earlier.time
  );
}

/** All accesses of a run in the order in which they were made, with what each of them knew. */
export function accessesOf(
  program: Program,
  events: readonly Event[],
  options: { rules: Rules; incidental: boolean },
): Access[] {
  return new Oracle(program, options.rules, options.incidental).run(events);
}

class Clock {
  knows: number[] = [];
  /** Learned along connections: not passed on along further ones. */
  heard: number[] = [];

  join(other: Clock): void {
    joinInto(this.knows, other.knows);
    joinInto(this.heard, other.heard);
  }
  copy(): Clock {
    const copy = new Clock();
    copy.join(this);
    return copy;
  }
  assign(other: Clock): void {
    this.knows = [...other.knows];
    this.heard = [...other.heard];
  }
}

function joinInto(a: number[], b: readonly number[]): void {
  for (const [i, time] of b.entries()) a[i] = Math.max(a[i] ?? 0, time ?? 0);
}

/** Something that takes effect at a time. */
interface Step {
  readonly at: number;
  readonly run: () => void;
}

function step(at: number, run: () => void): Step[] {
  return [{ at, run }];
}

class Oracle {
  private readonly clocks: Clock[];
  private readonly objects = new Map<string, Clock>();
  private readonly accesses: Access[] = [];

  constructor(
    private readonly program: Program,
    private readonly rules: Rules,
    private readonly incidental: boolean,
  ) {
    this.waiting = program.conds.map(() => []);
    this.clocks = program.goroutines.map((_, g) => {
      const clock = new Clock();
      clock.knows[g] = 1;
      return clock;
    });
  }

  run(events: readonly Event[]): Access[] {
    const channels = this.program.channels.keys();
    const steps = [...channels].flatMap((o) => this.channelSteps(o, events));
    for (const event of events) steps.push(...this.stepsOf(event));
    steps.sort((a, b) => a.at - b.at);
    for (const step of steps) step.run();
    return this.accesses;
  }

  private clock(goroutine: number): Clock {
    const clock = this.clocks[goroutine];
    if (clock === undefined) throw new Error(`No goroutine ${goroutine}.`);
    return clock;
  }

  private object(name: string): Clock {
    const known = this.objects.get(name);
    if (known !== undefined) return known;
    const clock = new Clock();
    this.objects.set(name, clock);
    return clock;
  }

  /** Makes what the goroutine does from now on later than what it passes on now. */
  private passOn(g: number): Clock {
    const clock = this.clock(g);
    const passed = clock.copy();
    clock.knows[g] = (clock.knows[g] ?? 0) + 1;
    return passed;
  }

  private acquire(g: number, name: string): void {
    this.clock(g).join(this.object(name));
  }

  /** What the object carried is forgotten. */
  private release(g: number, name: string): void {
    this.object(name).assign(this.passOn(g));
  }

  private merge(g: number, name: string): void {
    this.object(name).join(this.passOn(g));
  }

  private exchange(g: number, name: string): void {
    const object = this.object(name);
    const carried = object.copy();
    object.assign(this.passOn(g));
    this.clock(g).join(carried);
  }

  private access(g: number, op: Op): void {
    const { knows, heard } = this.clock(g);
    const how = op.how ?? 0;
    this.accesses.push({
      map: (op.o ?? 0) + (how === ACCESS.readVariable || how === ACCESS.assignVariable ? VARIABLES : 0),
      place: op.p ?? 0,
      goroutine: g,
      how,
      writes: isWrite(how),
      time: knows[g] ?? 0,
      knows: [...knows],
      heard: [...heard],
    });
  }

  /** What an event does, and when. Those of channels are left to channelSteps. */
  private stepsOf(event: Event): Step[] {
    const { op, goroutine: g, phase, start, end, result } = event;
    const { o = 0 } = op;
    switch (op.k) {
      case "map":
      case "range":
        return step(start, () => this.access(g, op));
      case "go":
        return step(start, () => this.start(g, op));
      case "lock":
      case "trylock":
        if (phase === 1) return step(start, () => this.release(g, `mutex ${o}`));
        return result === 1 ? step(end, () => this.acquire(g, `mutex ${o}`)) : [];
      case "rlock":
        if (phase === 1) return step(start, () => this.merge(g, `readers ${o}`));
        return step(end, () => this.acquire(g, `writer ${o}`));
      case "wlock":
        if (phase === 1) return step(start, () => this.release(g, `writer ${o}`));
        return step(end, () => {
          this.acquire(g, `writer ${o}`);
          this.acquire(g, `readers ${o}`);
        });
      case "close":
        return step(start, () => this.release(g, `closed ${o}`));
      case "send":
      case "recv":
      case "select":
        return [];
      case "atomic":
        return step(start, () => this.atomic(g, op, result === 1));
      case "done":
        return step(start, () => this.merge(g, `group ${o}`));
      case "wait":
        return step(end, () => this.acquire(g, `group ${o}`));
      case "once":
        if (phase === 0) return [];
        if (result === 1) return step(start, () => this.release(g, `once ${o}`));
        return step(end, () => {
          this.acquire(g, `once ${o}`);
          // Those who come while it runs wait for a mutex.
          if (this.incidental) this.merge(g, `once ${o}`);
        });
      case "condwait":
        if (phase === 0) return step(start, () => this.wait(g, o, op.v ?? 0));
        return step(end, () => {
          this.acquire(g, `woken ${o} ${g}`);
          this.acquire(g, `mutex ${op.v}`);
        });
      case "signal":
      case "broadcast":
        return step(start, () => this.wake(g, o, op.k === "broadcast"));
      case "syncmap":
        return step(start, () => this.syncMap(event));
      case "pool":
        return step(start, () => {
          if (phase === 1) {
            this.object(`put ${start}`).assign(this.passOn(g));
            if (this.incidental) this.merge(g, "pools");
          } else if (result !== 0) {
            this.acquire(g, `put ${result}`);
            if (this.incidental) this.acquire(g, "pools");
          }
        });
      case "brief":
        return step(phase === 0 && op.how === BRIEF.lock ? end : start, () => this.useBriefly(event));
      case "renew":
        return [];
      case "write":
        return step(start, () => this.write(g, o));
      case "read":
        return step(end, () => this.read(g, o));
      default:
        throw new Error(`No operation ${op.k}.`);
    }
  }

  private start(g: number, op: Op): void {
    const child = this.clock(op.g ?? 0);
    child.join(this.passOn(g));
    // The context in which timers run passes on what all their makers knew.
    if (op.how === 1 && this.incidental) {
      this.merge(g, "timers");
      child.join(this.object("timers"));
    }
  }

  private atomic(g: number, { o = 0, how = 0 }: Op, changes: boolean): void {
    const word = `word ${o}`;
    const isValue = this.program.atomics[o] === 3;
    const [LOAD, STORE, SWAP, ADD] = [0, 1, 2, 5];
    // A Value's second word says that something was ever stored.
    if (isValue && this.incidental) this.acquire(g, `type ${o}`);
    const stores =
      how === STORE || (isValue && changes && how !== SWAP) || (how === ADD && this.program.atomics[o] === 2);
    if (!stores) this.acquire(g, word);
    if (how === LOAD || !changes) return;
    if (stores) this.release(g, word);
    else this.merge(g, word);
    if (isValue && this.incidental) this.merge(g, `type ${o}`);
  }

  private readonly waiting: number[][];

  private wait(g: number, cond: number, mutex: number): void {
    this.release(g, `mutex ${mutex}`);
    this.waiting[cond]?.push(g);
  }

  private wake(g: number, cond: number, all: boolean): void {
    // Go's own detector has no hook here.
    if (this.rules === "go-race") return;
    const waiting = this.waiting[cond] ?? [];
    for (const woken of waiting.splice(0, all ? waiting.length : 1))
      this.release(g, `woken ${cond} ${woken}`);
  }

  /** Each of the objects that were one after the other in a place is known by its number. */
  private useBriefly({ op, goroutine: g, phase, result, more: number }: Event): void {
    const name = `brief ${op.o} ${number} ${op.how === BRIEF.lock ? "lock" : "value"}`;
    if (op.how === BRIEF.lock) {
      if (phase === 1) this.release(g, name);
      else this.acquire(g, name);
    } else if (op.how === BRIEF.store) {
      this.release(g, `${name} word`);
    } else if (op.how === BRIEF.load) {
      this.acquire(g, `${name} word`);
    } else if (result === 1) {
      // The one slot of a channel's buffer.
      this.exchange(g, name);
    }
  }

  private readonly present = new Set<string>();

  /** Who sees what a store, a deletion or a clearing did comes after it. */
  private syncMap({ op, goroutine: g, start, result, more: stored }: Event): void {
    const { o = 0, how = 0, v = 0 } = op;
    const [LOAD, STORE, LOAD_AND_DELETE, DELETE, RANGE, CLEAR] = [0, 1, 3, 4, 6, 7];
    const keyOf = (value: number): string => `sync.Map ${o} ${value}`;
    const key = keyOf(v);
    if (how === RANGE) {
      if (result !== 0) this.acquire(g, `stored ${result}`);
    } else if (how === CLEAR) {
      for (const value of [0, 1, 2]) {
        this.release(g, keyOf(value));
        this.present.delete(keyOf(value));
      }
    } else {
      const observes = how !== STORE && how !== DELETE;
      if (observes) this.acquire(g, key);
      const deletes = (how === DELETE || how === LOAD_AND_DELETE) && this.present.delete(key);
      if (deletes || stored === 1) this.release(g, key);
      if (stored === 1) {
        this.present.add(key);
        this.object(`stored ${start}`).assign(this.object(key));
      }
    }
    if (this.incidental) {
      const whole = `sync.Map ${o}`;
      // Whoever comes first makes the map's inside, also by a Load.
      const isFirst = !this.objects.has(whole);
      this.acquire(g, whole);
      if (isFirst || (how !== LOAD && how !== RANGE)) this.merge(g, whole);
    }
  }

  private write(g: number, stream: number): void {
    // The two users of one end pass its lock on to each other.
    if (this.incidental) {
      this.acquire(g, `writers ${stream}`);
      this.merge(g, `writers ${stream}`);
    }
    if (this.rules === "go-race") {
      if (this.incidental) this.merge(g, "io");
      return;
    }
    const passed = this.passOn(g);
    if (!this.isPipe(stream)) passed.heard = this.returned(passed, stream);
    this.object(`stream ${stream}`).join(passed);
  }

  private read(g: number, stream: number): void {
    if (this.incidental) {
      this.acquire(g, `reading ${stream}`);
      this.merge(g, `reading ${stream}`);
    }
    if (this.rules === "go-race") {
      if (this.incidental) this.acquire(g, "io");
      return;
    }
    const carried = this.object(`stream ${stream}`);
    if (this.isPipe(stream)) this.clock(g).join(carried);
    else {
      joinInto(this.clock(g).heard, carried.knows);
      joinInto(this.clock(g).heard, carried.heard);
    }
  }

  /** What an answer returns of what the one who dialled said. */
  private returned(passed: Clock, stream: number): number[] {
    const asked = askedAlong(this.program, stream);
    if (asked === undefined) return [];
    const { knows } = this.object(`stream ${asked}`);
    return passed.heard.map((time, g) => Math.min(time ?? 0, knows[g] ?? 0));
  }

  private isPipe(stream: number): boolean {
    return stream < this.program.pipes;
  }

  /**
   * What the operations on a channel do. They take effect first come, first served; a send and the
   * receive of the same number use one slot of the buffer, after those that used it before.
   */
  private channelSteps(o: number, events: readonly Event[]): Step[] {
    const steps: Step[] = [];
    const add = (at: number, run: () => void): void => void steps.push({ at, run });
    const { cap, empty } = this.program.channels[o] ?? { cap: 0, empty: false };
    const sends: Event[] = [];
    const receives: Event[] = [];
    for (const event of events) {
      const used = channelUse(event);
      if (used?.o !== o) continue;
      if (used.send) sends.push(event);
      else if (used.ok) receives.push(event);
      else add(event.end, () => this.acquire(event.goroutine, `closed ${o}`));
    }
    sends.sort((a, b) => a.start - b.start);
    receives.sort((a, b) => a.start - b.start);
    const slots = Array.from({ length: cap }, () => 0);
    for (const [n, send] of sends.entries()) {
      const receive = receives[n];
      if (receive !== undefined && !empty) checkMessage(send, receive);
      if (cap === 0) {
        if (receive === undefined) throw new Error(`A send on unbuffered channel ${o} met no receive.`);
        const at = Math.max(send.start, receive.start);
        add(at, () => this.meet(send.goroutine, receive.goroutine));
        continue;
      }
      const name = empty ? `slots ${o}` : `slot ${o} ${n % cap}`;
      const use = (g: number): void => {
        if (!empty) {
          this.exchange(g, name);
          return;
        }
        // All elements without size share one slot, which orders everything that passes it.
        this.acquire(g, name);
        this.release(g, name);
      };
      const sent = Math.max(send.start, (slots[n % cap] ?? 0) + 1e-6);
      add(sent, () => use(send.goroutine));
      if (receive === undefined) continue;
      const received = Math.max(receive.start, sent + 1e-6);
      add(received, () => use(receive.goroutine));
      slots[n % cap] = received;
    }
    return steps;
  }

  /** Both sides of an unbuffered channel learn all of each other. */
  private meet(a: number, b: number): void {
    const both = this.passOn(a);
    both.join(this.passOn(b));
    this.clock(a).join(both);
    this.clock(b).join(both);
  }
}

/** What a finished operation did on a channel; undefined when it did nothing. */
function channelUse({ op, result, more }: Event): { o: number; send: boolean; ok: boolean } | undefined {
  if (op.k === "send") return { o: op.o ?? 0, send: true, ok: true };
  if (op.k === "recv") return { o: op.o ?? 0, send: false, ok: more === 1 };
  if (op.k !== "select" || result < 0) return undefined;
  const chosen = op.cases?.[result];
  if (chosen === undefined) throw new Error(`Select ${op.i} chose case ${result}, which it does not have.`);
  return { ...chosen, ok: more !== -1 };
}

/** The interpreter sends the time at which it sends: so what is believed of the order is checked. */
function checkMessage(send: Event, receive: Event): void {
  const message = receive.op.k === "select" ? receive.more : receive.result;
  if (message !== send.start) {
    throw new Error(
      `Receive ${receive.op.i} got the message of time ${message}, not that of send ${send.op.i} at ${send.start}.`,
    );
  }
}
