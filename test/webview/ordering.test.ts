/** The reasons given for a missing order, each on events that make it so. */
import { describe, expect, it } from "vitest";
import type { Conflict, GoroutineEvent } from "../../src/protocol.ts";
import { locksOf } from "../../webview/locks.ts";
import { explainOrdering, withoutPlumbing } from "../../webview/ordering.ts";
import { sampleConflicts } from "./sampleRun.ts";

const [base] = sampleConflicts;

function event(kind: GoroutineEvent["kind"], when: number, what: string, object?: string): GoroutineEvent {
  return { kind, when, what, ...(object === undefined ? {} : { object }) };
}

/** Goroutine 41 reads at 10 ms, goroutine 37 writes at 20 ms, with these events. */
function conflict(earlier: readonly GoroutineEvent[], later: readonly GoroutineEvent[]): Conflict {
  const [read, write] = base!.accesses;
  return {
    ...base!,
    accesses: [
      { ...read, when: 10, recent: earlier },
      { ...write, when: 20, recent: later },
    ],
  };
}

function reasons(earlier: readonly GoroutineEvent[], later: readonly GoroutineEvent[]): string {
  return explainOrdering(conflict(earlier, later)).sentences.join("\n");
}

const locked = (object: string, name: string, from: number, to: number, read = false) => [
  event("acquire", from, `${read ? "rlock" : "lock"} ${name}`, object),
  event("release", to, `${read ? "runlock" : "unlock"} ${name}`, object),
];

describe("what is said of locks", () => {
  it("names different locks", () => {
    expect(reasons(locked("a", "muA", 9, 11), locked("b", "muB", 19, 21))).toContain(
      "Goroutine 41 holds muA, goroutine 37 holds muB: different locks order nothing.",
    );
  });

  it("says who holds none", () => {
    expect(reasons([event("start", 1, "goroutine starts")], locked("b", "mu", 19, 21))).toContain(
      "Goroutine 37 holds mu, goroutine 41 holds no lock",
    );
    expect(reasons(locked("b", "mu", 3, 4), [event("start", 1, "goroutine starts")])).toContain(
      "Neither goroutine 41 nor goroutine 37 is seen to hold a lock",
    );
  });

  it("sees a lock held by both in read mode", () => {
    const both = reasons(locked("a", "mu", 9, 11, true), locked("a", "mu", 19, 21, true));
    expect(both).toContain("Both hold mu in read mode");
  });

  it("pairs lock and unlock by object, and leaves an unreleased one open", () => {
    const events = [
      ...locked("a", "mu", 1, 4),
      event("acquire", 5, "lock other", "b"),
      event("acquire", 6, "receive", "c"),
    ];
    expect(
      locksOf(events).map(({ name, acquired, released }) => [name, acquired.when, released?.when]),
    ).toEqual([
      ["mu", 1, 4],
      ["other", 5, undefined],
    ]);
  });

  it("takes the two words of a RWMutex for one lock", () => {
    const events = [
      event("acquire", 1, "read lock", "sync-c0040162cc"),
      event("release", 2, "read unlock", "sync-c0040162c8"),
      event("acquire", 3, "write lock", "sync-c0040162cc"),
      event("acquire", 3, "write lock", "sync-c0040162c8"),
      event("release", 4, "write unlock", "sync-c0040162cc"),
    ];
    expect(
      locksOf(events).map(({ acquired, released, readMode }) => [acquired.when, released?.when, readMode]),
    ).toEqual([
      [1, 2, true],
      [3, 4, false],
    ]);
  });

  it("names a lock without a name by the line that took it", () => {
    const frame = { function: "main.put", file: "/p/store.go", line: 29 };
    const [lock] = locksOf([{ ...event("acquire", 1, "lock mutex", "sync-c004"), frame }]);
    expect(lock?.name).toBe("the mutex of store.go:29");
  });

  it("does not say that a goroutine held nothing when nothing of it was recorded", () => {
    expect(reasons([], locked("b", "mu", 19, 21))).toContain("what goroutine 41 held was not recorded");
  });

  it("sees that a lock was given back within one tick of a coarse clock", () => {
    const events = [event("acquire", 20, "lock mu", "a"), event("release", 20, "unlock mu", "a")];
    expect(reasons([event("start", 1, "goroutine starts")], events)).toContain(
      "Neither goroutine 41 nor goroutine 37",
    );
  });
});

describe("what is said of handing over", () => {
  it("says that the last release came too early", () => {
    expect(reasons([event("release", 4, "send on done", "c")], [])).toContain(
      "The last thing that goroutine 41 is seen to pass on (send on done, 4.000 ms) comes before its read at 10.000 ms",
    );
  });

  it("says that nothing was released at all", () => {
    expect(reasons([event("start", 1, "goroutine starts")], [])).toContain(
      "Nothing that goroutine 41 did from its read at 10.000 ms on was waited for by goroutine 37: no lock, channel or WaitGroup",
    );
  });

  it("says that the other side did not take what was released", () => {
    expect(
      reasons([event("release", 12, "send on done", "c")], [event("acquire", 15, "lock mu", "m")]),
    ).toContain(
      "After its read at 10.000 ms, goroutine 41 passes on (send on done, 12.000 ms), but goroutine 37 takes nothing from there",
    );
  });

  it("says that the other side looked before the release", () => {
    expect(
      reasons([event("release", 12, "unlock mu", "m")], [event("acquire", 11, "lock mu", "m")]),
    ).toContain("but goroutine 37 looked there before that: lock mu at 11.000 ms");
  });

  it("does not take an arrow from the later side for an order of the two", () => {
    const { sentences, edges } = explainOrdering(
      conflict([event("acquire", 8, "lock mu", "m")], [event("release", 6, "unlock mu", "m")]),
    );
    expect(edges).toMatchObject([{ fromSide: 1, toSide: 0, from: { when: 6 }, to: { when: 8 } }]);
    expect(sentences.at(-1)).toContain("orders only what it did before 6.000 ms, not its write afterwards");
  });

  it("keeps the last of several releases before one acquire", () => {
    const { edges } = explainOrdering(
      conflict(
        [event("release", 1, "unlock mu", "m"), event("release", 3, "unlock mu", "m")],
        [event("acquire", 15, "lock mu", "m")],
      ),
    );
    expect(edges.map((edge) => edge.from.when)).toEqual([3]);
  });
});

it("keeps a library's lock that both sides pass through, and no other", () => {
  const frame = { function: "net/http.(*ServeMux).Handle", file: "/go/src/net/http/server.go", line: 5 };
  const inHttp = (kind: "acquire" | "release", when: number, object: string) => ({
    ...event(kind, when, "lock", object),
    frame,
  });
  const { accesses } = withoutPlumbing(
    conflict([inHttp("acquire", 3, "shared"), inHttp("release", 4, "own")], [inHttp("release", 2, "shared")]),
  );
  expect(accesses.map(({ recent }) => recent.map(({ object }) => object))).toEqual([["shared"], ["shared"]]);
});

it("leaves out the inner works of the standard library", () => {
  const frame = {
    function: "internal/poll.(*fdMutex).decref",
    file: "/go/src/internal/poll/fd_mutex.go",
    line: 5,
  };
  const inner = { ...event("release", 12, "atomic store", "sync-1"), frame };
  const own = event("release", 4, "send on done", "c");
  expect(reasons([own, inner], [])).toContain("is seen to pass on (send on done");
});

it("does not invent reasons where no events were recorded", () => {
  expect(reasons([], [])).toMatch(/has no events/);
});

it("finds what the sample's stories tell", () => {
  const said = sampleConflicts.map((each) => explainOrdering(each).sentences[0]);
  expect(said).toEqual([
    "Goroutine 37 holds mu, goroutine 41 holds no lock: a lock protects only from those who take it too.",
    "Neither goroutine 22 nor goroutine 24 is seen to hold a lock while it touches the map.",
    "Goroutine 19 holds reload, goroutine 41 holds no lock: a lock protects only from those who take it too.",
    "Goroutine 20 holds evictMu, goroutine 52 holds quoteMu: different locks order nothing.",
    "Neither goroutine 41 nor goroutine 18 is seen to hold a lock while it touches the map.",
  ]);
});
