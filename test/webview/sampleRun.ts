/**
 * A run as the detector would record it: an order service with a session cache, a route table that reloads, a
 * counter of log levels and a price cache behind two different locks. Input for model, layout and browser tests.
 */
import type {
  Conflict,
  ConflictAccess,
  Frame,
  GoroutineEvent,
  MapMix,
  RunRecord,
} from "../../src/protocol.ts";

const project = "/home/ana/shop";
const goroot = "/usr/local/go/src";

/** A frame of the shop's own code. */
export function shopFrame(name: string, file: string, line: number): Frame {
  return { function: `example.com/shop/${name}`, file: `${project}/${file}`, line };
}

/** A frame of the program's main package. */
export function mainFrame(name: string, line: number): Frame {
  return { function: `main.${name}`, file: `${project}/cmd/shop/main.go`, line };
}

/** A frame of the standard library. */
export function standardFrame(name: string, file: string, line: number): Frame {
  return { function: name, file: `${goroot}/${file}`, line };
}

const connection = [
  standardFrame("net/http.HandlerFunc.ServeHTTP", "net/http/server.go", 2294),
  standardFrame("net/http.(*ServeMux).ServeHTTP", "net/http/server.go", 2822),
  standardFrame("net/http.serverHandler.ServeHTTP", "net/http/server.go", 3301),
  standardFrame("net/http.(*conn).serve", "net/http/server.go", 2102),
];
const connectionCreated = [
  standardFrame("net/http.(*Server).Serve", "net/http/server.go", 3454),
  standardFrame("net/http.(*Server).ListenAndServe", "net/http/server.go", 3350),
  mainFrame("serve", 41),
  mainFrame("main", 22),
];

function event(
  kind: GoroutineEvent["kind"],
  when: number,
  what: string,
  object?: string,
  frame?: Frame,
): GoroutineEvent {
  return { kind, when, what, ...(object ? { object } : {}), ...(frame ? { frame } : {}) };
}

const sessionsMade = [shopFrame("session.init", "session/store.go", 14)];
const put = shopFrame("session.(*Store).Put", "session/store.go", 31);
const lookup = shopFrame("order.(*Handler).current", "order/handler.go", 58);

const loginWrites: ConflictAccess = {
  kind: "write",
  goroutine: { id: 37, created: connectionCreated },
  stack: [put, shopFrame("session.Login", "session/login.go", 47), ...connection],
  when: 12.4021,
  recent: [
    event("start", 11.104, "goroutine starts", "goroutine-37"),
    event("acquire", 11.482, "lock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 22)),
    event("release", 11.563, "unlock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 25)),
    event("acquire", 12.3104, "lock mu", "sync-7", shopFrame("session.(*Store).Put", "session/store.go", 29)),
    event("access", 12.4021, "map write", undefined, put),
    event(
      "release",
      12.4102,
      "unlock mu",
      "sync-7",
      shopFrame("session.(*Store).Put", "session/store.go", 32),
    ),
  ],
};
const orderReads: ConflictAccess = {
  kind: "read",
  goroutine: { id: 41, created: connectionCreated },
  stack: [lookup, shopFrame("order.(*Handler).List", "order/handler.go", 33), ...connection],
  when: 11.9166,
  recent: [
    event("start", 11.2215, "goroutine starts", "goroutine-41"),
    event("acquire", 11.6402, "lock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 22)),
    event("release", 11.7083, "unlock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 25)),
    event("access", 11.9166, "map read", undefined, lookup),
  ],
};

const sessionConflict: Conflict = {
  type: "conflict",
  id: 1,
  map: { type: "map[string]*example.com/shop/session.Session", created: sessionsMade, id: "map-1" },
  accesses: [orderReads, loginWrites],
  count: 142,
};

const countLine = shopFrame("stats.Count", "stats/levels.go", 19);
const workersCreated = [mainFrame("startWorkers", 64), mainFrame("main", 25)];

function worker(id: number, when: number, kind: "read" | "write"): ConflictAccess {
  return {
    kind,
    goroutine: { id, created: workersCreated },
    stack: [countLine, mainFrame("startWorkers.func1", 67)],
    when,
    recent: [
      event("start", when - 0.9, "goroutine starts", `goroutine-${id}`),
      event("acquire", when - 0.31, "receive on jobs", "chan-2", mainFrame("startWorkers.func1", 66)),
      event("access", when, `map ${kind}`, undefined, countLine),
    ],
  };
}

const countConflict: Conflict = {
  type: "conflict",
  id: 2,
  map: { type: "map[string]int", created: [shopFrame("stats.init", "stats/levels.go", 11)], id: "map-2" },
  accesses: [worker(22, 18.0071, "write"), worker(24, 18.0073, "write")],
  count: 3911,
};

const reload = shopFrame("route.(*Table).Reload", "route/table.go", 44);
const match = shopFrame("route.(*Table).Match", "route/table.go", 61);
const routeConflict: Conflict = {
  type: "conflict",
  id: 3,
  map: {
    type: "map[string]example.com/shop/route.Target",
    created: [shopFrame("route.New", "route/table.go", 20), mainFrame("main", 18)],
    id: "map-3",
  },
  accesses: [
    {
      kind: "iterate",
      goroutine: { id: 41, created: connectionCreated },
      stack: [match, ...connection],
      when: 231.508,
      recent: [
        event("acquire", 231.1, "lock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 22)),
        event("release", 231.2, "unlock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 25)),
        event("access", 231.508, "map iteration", undefined, match),
        event(
          "release",
          231.71,
          "send on done",
          "chan-9",
          shopFrame("route.(*Table).Match", "route/table.go", 70),
        ),
      ],
    },
    {
      kind: "clear",
      goroutine: {
        id: 19,
        created: [shopFrame("route.(*Table).Watch", "route/watch.go", 28), mainFrame("main", 20)],
      },
      stack: [reload, shopFrame("route.(*Table).Watch.func1", "route/watch.go", 35)],
      when: 2231.943,
      recent: [
        event("start", 3.218, "goroutine starts", "goroutine-19"),
        event(
          "acquire",
          2231.3,
          "receive on timer",
          "chan-3",
          shopFrame("route.(*Table).Watch.func1", "route/watch.go", 31),
        ),
        event(
          "acquire",
          2231.8,
          "lock reload",
          "sync-15",
          shopFrame("route.(*Table).Reload", "route/table.go", 41),
        ),
        event("access", 2231.943, "map clear", undefined, reload),
        event(
          "release",
          2232.2,
          "unlock reload",
          "sync-15",
          shopFrame("route.(*Table).Reload", "route/table.go", 52),
        ),
      ],
    },
  ],
  count: 1,
};

const refresh = shopFrame("price.(*Cache).refresh", "price/cache.go", 73);
const evict = shopFrame("price.(*Cache).evict", "price/cache.go", 96);
const priceConflict: Conflict = {
  type: "conflict",
  id: 4,
  map: {
    type: "map[example.com/shop/price.Key]example.com/shop/price.Quote",
    created: [shopFrame("price.NewCache", "price/cache.go", 38), mainFrame("main", 19)],
    id: "map-4",
  },
  accesses: [
    {
      kind: "delete",
      goroutine: {
        id: 20,
        created: [shopFrame("price.NewCache", "price/cache.go", 41), mainFrame("main", 19)],
      },
      stack: [evict, shopFrame("price.(*Cache).sweep", "price/cache.go", 88)],
      when: 640.1122,
      recent: [
        event(
          "acquire",
          639.62,
          "receive on ticker",
          "chan-5",
          shopFrame("price.(*Cache).sweep", "price/cache.go", 86),
        ),
        event(
          "acquire",
          640.1051,
          "lock evictMu",
          "sync-21",
          shopFrame("price.(*Cache).evict", "price/cache.go", 92),
        ),
        event("access", 640.1122, "map delete", undefined, evict),
        event(
          "release",
          640.1204,
          "unlock evictMu",
          "sync-21",
          shopFrame("price.(*Cache).evict", "price/cache.go", 99),
        ),
        event(
          "release",
          640.1533,
          "send on evicted",
          "chan-6",
          shopFrame("price.(*Cache).sweep", "price/cache.go", 90),
        ),
      ],
    },
    {
      kind: "write",
      goroutine: { id: 52, created: connectionCreated },
      stack: [refresh, shopFrame("price.(*Cache).Get", "price/cache.go", 57), ...connection],
      when: 640.3087,
      recent: [
        event("start", 639.77, "goroutine starts", "goroutine-52"),
        event("acquire", 639.94, "lock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 22)),
        event("release", 639.99, "unlock audit", "sync-4", shopFrame("audit.(*Log).Add", "audit/log.go", 25)),
        event(
          "acquire",
          640.2119,
          "lock quoteMu",
          "sync-22",
          shopFrame("price.(*Cache).refresh", "price/cache.go", 70),
        ),
        event("access", 640.3087, "map write", undefined, refresh),
        event(
          "release",
          640.3301,
          "unlock quoteMu",
          "sync-22",
          shopFrame("price.(*Cache).refresh", "price/cache.go", 76),
        ),
      ],
    },
  ],
  count: 17,
};

const expire = shopFrame("session.(*Store).Expire", "session/store.go", 52);
const expireConflict: Conflict = {
  type: "conflict",
  id: 5,
  map: { type: "map[string]*example.com/shop/session.Session", created: sessionsMade, id: "map-1" },
  accesses: [
    { ...orderReads, when: 1490.225, recent: [event("access", 1490.225, "map read", undefined, lookup)] },
    {
      kind: "delete",
      goroutine: { id: 18, created: [mainFrame("main", 17)] },
      stack: [expire, mainFrame("main.func1", 30)],
      when: 1490.231,
      recent: [
        event("acquire", 1490.07, "receive on ticker", "chan-1", mainFrame("main.func1", 29)),
        event("access", 1490.231, "map delete", undefined, expire),
      ],
    },
  ],
  count: 6,
};

function mix(id: string, of: Conflict, counts: Omit<MapMix, "type" | "id" | "map">): MapMix {
  return { type: "map", id, map: { type: of.map.type, created: of.map.created }, ...counts };
}

/** The conflicts of the run, in order of arrival. */
export const sampleConflicts: readonly Conflict[] = [
  sessionConflict,
  countConflict,
  routeConflict,
  priceConflict,
  expireConflict,
];

/** The whole run, from its start to the fatal error that ends it. */
export const sampleRun: readonly RunRecord[] = [
  { type: "start", mode: "maps", goVersion: "go1.26.8", pid: 4711, hooks: 62 },
  ...sampleConflicts,
  mix("map-1", sessionConflict, {
    reads: 48210,
    writes: 912,
    iterations: 0,
    deletes: 88,
    goroutines: 61,
    keys: 840,
  }),
  mix("map-2", countConflict, {
    reads: 21044,
    writes: 21044,
    iterations: 0,
    deletes: 0,
    goroutines: 24,
    keys: 5,
  }),
  mix("map-3", routeConflict, {
    reads: 0,
    writes: 40,
    iterations: 50120,
    deletes: 1,
    goroutines: 60,
    keys: 40,
  }),
  mix("map-4", priceConflict, {
    reads: 9120,
    writes: 4310,
    iterations: 0,
    deletes: 2104,
    goroutines: 58,
    keys: 3900,
  }),
  {
    type: "end",
    exitCode: 2,
    conflicts: 5,
    dropped: 0,
    hooks: 62,
    death: "fatal error: concurrent map read and map write",
  },
];

/** A busy run: `count` conflicts between `goroutines` goroutines, spread over ten seconds. */
export function manyConflicts(count: number, goroutines: number): Conflict[] {
  return Array.from({ length: count }, (_, i) => {
    const when = 20 + ((i * 9973) % 10000);
    return {
      ...countConflict,
      id: 100 + i,
      accesses: [
        worker(10 + (i % goroutines), when, "write"),
        worker(10 + ((i * 7 + 1) % goroutines), when + 0.4, "read"),
      ],
      count: 1 + (i % 50),
    };
  });
}
