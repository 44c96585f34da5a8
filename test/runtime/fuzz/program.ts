/**
 * Small concurrent programs as data: their shape, which fixtures/fuzz/program.go reads, and making them
 * from a seed. What is made may deadlock: it is run as far as it gets. What follows from a run is told by oracle.ts.
 */

/** One operation. What `o`, `how` and `v` mean depends on `k`; see worker.do in fixtures/fuzz/worker.go. */
export interface Op {
  readonly k: string;
  /** Its number in the program. */
  i: number;
  readonly o?: number;
  readonly g?: number;
  readonly how?: number;
  /** Where a map is accessed: the number of a place in the program, and then of a line that has been made for it. */
  p?: number;
  readonly v?: number;
  readonly cases?: readonly { readonly o: number; readonly send: boolean }[];
  readonly b?: Op[];
}

export interface Program {
  readonly seed: number;
  readonly maps: { readonly kind: number; readonly size: number }[];
  readonly mutexes: number;
  readonly rwMutexes: number;
  readonly channels: { readonly cap: number; readonly empty: boolean }[];
  /** The kind of each atomic word. */
  readonly atomics: number[];
  /** How often each wait group is told that something is done. */
  readonly groups: number[];
  readonly onces: number;
  /** The mutex of each condition. */
  readonly conds: number[];
  readonly syncMaps: number;
  readonly pools: number;
  readonly pipes: number;
  readonly conns: number;
  /** Objects that are dropped and made anew, in the same memory where possible. */
  readonly briefs: number;
  readonly goroutines: Op[][];
  ops: number;
  readonly gc: boolean;
}

/** How a map is accessed, in the order of the constants in fixtures/fuzz/table.go. */
export const ACCESS = {
  read: 0,
  commaOk: 1,
  write: 2,
  increment: 3,
  delete: 4,
  range: 5,
  clear: 6,
  clone: 7,
  len: 8,
  readVariable: 9,
  assignVariable: 10,
} as const;

/** The streams of a program: its pipes, then the two directions of each connection. */
function streamsOf({ pipes, conns }: Program): number {
  return pipes + 2 * conns;
}

/** The stream that what is written along a stream answers: who accepted the connection answers who dialled. */
export function askedAlong({ pipes }: Program, stream: number): number | undefined {
  return stream > pipes && (stream - pipes) % 2 === 1 ? stream - 1 : undefined;
}

/** Whether an access changes the map, or the variable. */
export function isWrite(how: number): boolean {
  const { write, increment, delete: remove, clear, assignVariable } = ACCESS;
  return [write, increment, remove, clear, assignVariable].some((kind) => kind === how);
}

/** What is done with a short-lived object, in the order of the constants in fixtures/fuzz/brief.go. */
export const BRIEF = { lock: 0, store: 1, load: 2, send: 3, receive: 4 } as const;

/** How many kinds of map there are (table.go). */
export const MAP_KINDS = 5;

/** Random numbers from a seed: Steele, Lea and Flood's SplitMix as 32 bits (known as mulberry32). */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  /** A number from 0 to n - 1. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * n);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error("Nothing to pick from.");
    return chosen;
  }
}

/** The program of a seed, always the same one. */
export function makeProgram(seed: number): Program {
  return new Maker(seed).make();
}

class Maker {
  private readonly random: Random;
  private readonly program: Program;
  private places = 0;
  /** How often, in percent, an access is made under the lock that guards its map. */
  private readonly careful: number;

  constructor(seed: number) {
    const random = new Random(seed * 2654435761);
    this.random = random;
    const several = (most: number): number => random.below(most + 1);
    const mutexes = 1 + several(2);
    this.careful = random.pick([0, 0, 60, 95, 100, 100]);
    const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);
    this.program = {
      seed,
      maps: times(1 + several(2), () => ({
        kind: random.below(MAP_KINDS),
        size: random.pick([0, 1, 3, 8, 9, 30]),
      })),
      mutexes,
      rwMutexes: 1 + several(1),
      channels: times(1 + several(2), () => ({
        cap: random.pick([0, 0, 1, 1, 2, 3]),
        empty: random.chance(20),
      })),
      atomics: times(1 + several(2), () => random.below(6)),
      groups: times(1 + several(1), () => 0),
      onces: 1,
      conds: times(1, () => random.below(mutexes)),
      syncMaps: 1,
      pools: 1,
      pipes: random.chance(20) ? 1 : 0,
      conns: random.chance(20) ? random.pick([1, 2, 2, 3]) : 0,
      briefs: random.chance(25) ? 1 + random.below(2) : 0,
      goroutines: [],
      ops: 0,
      gc: random.chance(20),
    };
  }

  make(): Program {
    const { random, program } = this;
    const size = random.below(100);
    if (size < 12) this.crowd(20 + random.below(random.chance(20) ? 400 : 60));
    else this.mix(size < 75 ? 2 + random.below(4) : 6 + random.below(10));
    this.number(program.goroutines.flat());
    return program;
  }

  private number(ops: readonly Op[]): void {
    for (const op of ops) {
      op.i = this.program.ops++;
      this.number(op.b ?? []);
    }
  }

  /** Goroutines that meet in many ways. */
  private mix(n: number): void {
    const { random, program } = this;
    const lists = Array.from({ length: n }, (): Op[] => []);
    program.goroutines.push(...lists);
    // A goroutine knows what was before its start; starting late makes for more of that.
    const starts: { by: number; at: number; op: Op }[] = [];
    const interactions = 2 + n + random.below(3 * n);
    const late = random.chance(50);
    for (let g = 1; g < n && !late; g++) this.startLater(starts, g, 0);
    for (let step = 0; step < interactions; step++) {
      if (late && step < n - 1) this.startLater(starts, step + 1, undefined);
      this.interact(n);
    }
    for (let g = interactions + 1; late && g < n; g++) this.startLater(starts, g, undefined);
    starts.sort((a, b) => b.at - a.at);
    for (const { by, at, op } of starts) lists[by]?.splice(at, 0, op);
  }

  private startLater(starts: { by: number; at: number; op: Op }[], g: number, at: number | undefined): void {
    const by = this.random.below(g);
    starts.push({
      by,
      at: at ?? this.list(by).length,
      op: { k: "go", i: 0, g, how: this.random.chance(12) ? 1 : 0 },
    });
  }

  private list(g: number): Op[] {
    const list = this.program.goroutines[g];
    if (list === undefined) throw new Error(`No goroutine ${g}.`);
    return list;
  }

  /** Many goroutines that do the same, and one that starts them and waits. */
  private crowd(n: number): void {
    const { random, program } = this;
    const root: Op[] = [];
    program.goroutines.push(root);
    const templates = Array.from({ length: 1 + random.below(3) }, () => this.member());
    const group = random.below(program.groups.length);
    const waits = random.chance(60);
    for (let g = 1; g <= n; g++) {
      const ops = structuredClone(random.pick(templates));
      if (waits && random.chance(97)) ops.push(this.done(group));
      program.goroutines.push(ops);
      root.push({ k: "go", i: 0, g, how: 0 });
      if (random.chance(5)) root.push(this.access());
    }
    if (waits) root.push({ k: "wait", i: 0, o: group });
    root.push(this.access(), this.access());
  }

  private member(): Op[] {
    const { random, program } = this;
    switch (random.below(6)) {
      case 0:
        return [this.access()];
      case 1: {
        const c = random.below(program.channels.length);
        return [{ k: "send", i: 0, o: c }, this.access(), { k: "recv", i: 0, o: c }];
      }
      case 2: {
        const word = random.below(program.atomics.length);
        return [this.access(), this.atomic(word, random.pick([0, 1, 5])), this.access()];
      }
      case 3:
        return [this.access(), this.pooled([this.access()])];
      default:
        return [this.section(), ...(random.chance(15) ? [this.access()] : [])];
    }
  }

  private done(group: number): Op {
    const { groups } = this.program;
    groups[group] = (groups[group] ?? 0) + 1;
    return { k: "done", i: 0, o: group };
  }

  /** An access, in a careful program mostly under the lock that guards the map. */
  private access(): Op {
    const map = this.random.below(this.program.maps.length);
    const access = this.bareAccess(map);
    return this.random.chance(this.careful) ? this.guarded(map, [access]) : access;
  }

  private bareAccess(map = this.random.below(this.program.maps.length)): Op {
    const how = this.random.pick([
      ...[ACCESS.read, ACCESS.read, ACCESS.read, ACCESS.commaOk, ACCESS.commaOk, ACCESS.range],
      ...[ACCESS.write, ACCESS.write, ACCESS.increment, ACCESS.delete, ACCESS.clear, ACCESS.clone],
      ...[ACCESS.len, ACCESS.readVariable, ACCESS.assignVariable],
    ]);
    const op = { i: 0, o: map, how, p: this.places++, v: this.random.below(10) };
    return how === ACCESS.range ? { k: "range", b: [], ...op } : { k: "map", ...op };
  }

  private accesses(): Op[] {
    return Array.from({ length: 1 + this.random.below(2) }, () => this.access());
  }

  /** Accesses of a map under the lock that guards it: a mutex, or a lock for readers and writers. */
  private guarded(map: number, body: Op[]): Op {
    const { mutexes, rwMutexes } = this.program;
    if (map % 2 === 0) return { k: "lock", i: 0, o: map % mutexes, b: body };
    const writes = body.some(
      ({ how = 0 }) => how !== ACCESS.clone && how !== ACCESS.range && how >= ACCESS.write,
    );
    return { k: writes ? "wlock" : "rlock", i: 0, o: map % rwMutexes, b: body };
  }

  /** Accesses under some lock. */
  private section(): Op {
    const { random, program } = this;
    if (random.chance(this.careful)) {
      const map = random.below(program.maps.length);
      return this.guarded(map, [this.bareAccess(map), this.bareAccess(map)]);
    }
    const body = [this.bareAccess(), this.bareAccess()];
    if (random.chance(50))
      return { k: random.chance(15) ? "trylock" : "lock", i: 0, o: random.below(program.mutexes), b: body };
    return { k: random.pick(["rlock", "wlock", "wlock"]), i: 0, o: random.below(program.rwMutexes), b: body };
  }

  private pooled(body: Op[]): Op {
    return { k: "pool", i: 0, o: this.random.below(this.program.pools), b: body };
  }

  private atomic(word: number, how: number): Op {
    return { k: "atomic", i: 0, o: word, how };
  }

  /** Adds to one goroutine or to several what they do with each other. */
  private interact(n: number): void {
    const { random, program } = this;
    const a = random.below(n);
    const b = (a + 1 + random.below(n - 1)) % n;
    const from = this.list(a);
    const to = this.list(b);
    switch (random.below(18)) {
      case 0:
        from.push(this.access());
        break;
      case 1:
      case 2:
      case 3:
        from.push(this.section());
        to.push(this.section());
        break;
      case 4:
      case 5:
        this.handOver(from, to);
        break;
      case 6:
        this.handOverBySelect(from, to);
        break;
      case 7: {
        const word = random.below(program.atomics.length);
        from.push(...this.accesses(), this.atomic(word, random.pick([1, 1, 2, 3, 5])));
        to.push(this.atomic(word, random.pick([0, 0, 2, 3, 4, 5])), ...this.accesses());
        break;
      }
      case 8: {
        const v = random.below(3);
        from.push(...this.accesses(), { k: "syncmap", i: 0, o: 0, v, how: random.pick([1, 1, 2, 4, 5, 7]) });
        to.push({ k: "syncmap", i: 0, o: 0, v, how: random.pick([0, 0, 2, 3, 6]) }, ...this.accesses());
        break;
      }
      case 9:
        from.push(this.pooled(this.accesses()));
        to.push(this.pooled(this.accesses()));
        break;
      case 10: {
        const group = random.below(program.groups.length);
        from.push(...this.accesses(), this.done(group));
        if (random.chance(50)) to.push({ k: "wait", i: 0, o: group }, ...this.accesses());
        break;
      }
      case 11: {
        const body = this.accesses();
        from.push({ k: "once", i: 0, o: 0, b: body }, this.access());
        to.push({ k: "once", i: 0, o: 0, b: this.accesses() }, this.access());
        break;
      }
      case 12: {
        const mutex = program.conds[0] ?? 0;
        const wait: Op = { k: "condwait", i: 0, o: 0, v: mutex };
        const wake: Op = { k: random.pick(["signal", "broadcast"]), i: 0, o: 0, v: mutex };
        to.push({ k: "lock", i: 0, o: mutex, b: [wait] }, ...this.accesses());
        from.push(...this.accesses(), random.chance(50) ? wake : { k: "lock", i: 0, o: mutex, b: [wake] });
        break;
      }
      case 13:
        this.handOverByStream(from, to);
        break;
      case 14: {
        const inner = random.chance(50) ? this.section() : this.bareAccess();
        from.push({ ...this.bareAccess(), k: "range", how: ACCESS.range, b: [inner] });
        break;
      }
      case 15:
        this.handOverBriefly(from, to);
        break;
      case 16:
      case 17:
        this.relay(from, this.list(random.below(n)), to);
        break;
    }
  }

  private handOver(from: Op[], to: Op[]): void {
    const { random, program } = this;
    const o = random.below(program.channels.length);
    from.push(...this.accesses(), { k: "send", i: 0, o });
    to.push({ k: "recv", i: 0, o }, ...this.accesses());
    if (random.chance(30)) from.push(this.access());
  }

  /** By a select at one or both ends, only on channels whose elements have a size. */
  private handOverBySelect(from: Op[], to: Op[]): void {
    const { random, program } = this;
    const sized = program.channels.flatMap(({ empty }, o) => (empty ? [] : [o]));
    if (sized.length === 0) {
      this.handOver(from, to);
      return;
    }
    const cases = (send: boolean): { o: number; send: boolean }[] => {
      const chosen = sized.filter(() => random.chance(70));
      return (chosen.length > 0 ? chosen : sized.slice(0, 1)).map((o) => ({
        o,
        send: random.chance(10) ? !send : send,
      }));
    };
    const select = (send: boolean): Op => ({
      k: "select",
      i: 0,
      v: random.chance(25) ? 1 : 0,
      cases: cases(send),
    });
    const o = random.pick(sized);
    from.push(...this.accesses(), random.chance(60) ? select(true) : { k: "send", i: 0, o });
    to.push(random.chance(60) ? select(false) : { k: "recv", i: 0, o }, ...this.accesses());
  }

  /** By an object that may have been made anew meanwhile, which orders nothing then. */
  private handOverBriefly(from: Op[], to: Op[]): void {
    const { random, program } = this;
    if (program.briefs === 0) {
      this.handOver(from, to);
      return;
    }
    const o = random.below(program.briefs);
    const [release, acquire] = random.pick([
      [BRIEF.lock, BRIEF.lock],
      [BRIEF.store, BRIEF.load],
      [BRIEF.send, BRIEF.receive],
    ]);
    const use = (how: number): Op => ({ k: "brief", i: 0, o, how, b: [] });
    from.push(...this.accesses(), use(release));
    if (random.chance(60)) to.push({ k: "renew", i: 0, o });
    to.push(use(acquire), ...this.accesses());
  }

  /** Along two streams, with one in between who passes on what it read. */
  private relay(from: Op[], between: Op[], to: Op[]): void {
    const { random, program } = this;
    const streams = streamsOf(program);
    if (streams < 2 || between === from || between === to) {
      this.handOverByStream(from, to);
      return;
    }
    const first = random.below(streams);
    const answers = askedAlong(program, first + 1) === first && random.chance(40);
    const second = answers ? first + 1 : (first + 1 + random.below(streams - 1)) % streams;
    // An answer to somebody else's question: what was said along the first stream is not part of it.
    const asked = answers || random.chance(40) ? undefined : askedAlong(program, second);
    const map = random.below(program.maps.length);
    const accesses = (): Op[] => (asked === undefined ? this.accesses() : [this.bareAccess(map)]);
    from.push(...accesses(), { k: "write", i: 0, o: first });
    between.push({ k: "read", i: 0, o: first });
    if (asked !== undefined) {
      to.push({ k: "write", i: 0, o: asked });
      between.push({ k: "read", i: 0, o: asked });
    }
    between.push({ k: "write", i: 0, o: second });
    to.push({ k: "read", i: 0, o: second }, ...accesses());
  }

  private handOverByStream(from: Op[], to: Op[]): void {
    const { random, program } = this;
    const streams = streamsOf(program);
    if (streams === 0) {
      this.handOver(from, to);
      return;
    }
    const o = random.below(streams);
    from.push(...this.accesses(), { k: "write", i: 0, o });
    to.push({ k: "read", i: 0, o }, ...this.accesses());
  }
}
