/**
 * What the measured mix of one map says about the rewrite that suits it. A rule of thumb from counts alone;
 * the language server's advice also knows the source and goes first where the two differ.
 */
import type { FixKind, MapMix } from "../src/protocol.ts";
import { withThousands } from "./scale.ts";

/** A rewrite and the numbers that speak for it. */
export interface MixAdvice {
  readonly kind: FixKind;
  readonly title: string;
  readonly why: string;
}

/** Replacing the whole map is cheap enough only when it happens this rarely, as a share of all operations. */
const rarelyWritten = 0.001;
/** Below this share of writes readers should not wait for one another. */
const readMostly = 0.1;
/** Every key written this often, and hardly read in between: that is counting (`m[k]++`), whatever the values mean. */
const countingWrites = 20;
/** Above this many goroutines one lock over a write-heavy map becomes the place where all of them wait. */
const crowded = 16;

/** The rewrite that the counts speak for; null when the map was touched by one goroutine alone or not at all. */
export function adviseFromMix(mix: MapMix): MixAdvice | null {
  const changes = mix.writes + mix.deletes;
  const total = mix.reads + changes + mix.iterations;
  if (total === 0 || mix.goroutines < 2 || changes === 0) return null;
  const share = changes / total;
  const counts = `${percent(share)} of ${withThousands(String(total))} operations change the map`;
  if (share <= rarelyWritten) {
    return {
      kind: "snapshot",
      title: "atomic.Pointer snapshot",
      why: `${counts}: readers can share one map that is replaced as a whole.`,
    };
  }
  if (mix.iterations > 0) {
    return {
      kind: "rwmutex",
      title: "sync.RWMutex",
      why: `${counts} and ${withThousands(String(mix.iterations))} walk all of it: a lock gives each walk one consistent view, sync.Map does not.`,
    };
  }
  if (mix.writes <= mix.keys * 2 && share <= readMostly) {
    return {
      kind: "sync-map",
      title: "sync.Map",
      why: `${counts}, each of about ${withThousands(String(mix.keys))} keys is written once or twice and read many times: what sync.Map is made for.`,
    };
  }
  if (mix.deletes === 0 && mix.writes >= mix.keys * countingWrites && mix.reads <= mix.writes * 1.1) {
    return {
      kind: "atomic",
      title: "sync/atomic counters",
      why: `${withThousands(String(mix.writes))} writes fall on about ${withThousands(String(mix.keys))} keys, as when something is counted: one atomic number a key needs no lock.`,
    };
  }
  if (share > readMostly && mix.goroutines > crowded) {
    return {
      kind: "sharded",
      title: "sharded map",
      why: `${counts} from ${mix.goroutines} goroutines: one lock would be the place where all of them wait.`,
    };
  }
  return {
    kind: "rwmutex",
    title: "sync.RWMutex",
    why: `${counts} from ${mix.goroutines} goroutines: one lock is simple and fast enough.`,
  };
}

function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return "0 %";
  if (value < 0.01) return "under 0.01 %";
  return `${Number(value.toPrecision(2))} %`;
}
