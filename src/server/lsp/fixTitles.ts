/** What the quick fixes are called in the editor. */
import type { FixKind } from "../core/core.ts";

/** The title of the action that rewrites `map` into `kind`. */
export function fixTitle(kind: FixKind, map: string): string {
  switch (kind) {
    case "rwmutex":
      return `Guard ${map} with a sync.RWMutex`;
    case "sync-map":
      return `Make ${map} a sync.Map`;
    case "atomic":
      return `Count in ${map} with sync/atomic`;
    case "snapshot":
      return `Publish ${map} as an atomic.Pointer snapshot`;
    case "sharded":
      return `Split ${map} into locked shards`;
    case "channel":
      return `Let one goroutine own ${map}, reached through a channel`;
  }
}
