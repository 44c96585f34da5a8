/**
 * The Fixes of a Finding: which can be made, and their edits.
 *
 * A Fix is offered exactly when making it succeeds, so what is offered is never refused afterwards. Which one
 * to recommend is `advice/`.
 */
import type { CoreFinding, FileEdit, FixKind, Refusal } from "../finding.ts";
import type { Program, Var } from "../types/types.ts";
import { rewriteToCounters } from "./atomicCounters.ts";
import { rewriteToOwner } from "./channel.ts";
import { createDraft, type Draft } from "./draft.ts";
import { type Question, questionOf } from "./question.ts";
import { refuseShownType } from "./reflective.ts";
import { CannotFix } from "./refusal.ts";
import { guardWithRWMutex } from "./rwmutex.ts";
import { rewriteToShards } from "./sharded.ts";
import { rewriteToSnapshot } from "./snapshot.ts";
import { rewriteToSyncMap } from "./syncMap.ts";
import { mapTypeOf, type Use, usesOf } from "./uses.ts";

/** What a Fix needs to know of a Finding. */
export type Fixable = Pick<CoreFinding, "code"> & {
  readonly map: Pick<CoreFinding["map"], "variable" | "depth">;
};

type Rewrite = (question: Question, map: Var, uses: readonly Use[], draft: Draft) => void;

const REWRITES: readonly (readonly [FixKind, Rewrite])[] = [
  ["rwmutex", guardWithRWMutex],
  ["sync-map", rewriteToSyncMap],
  ["atomic", rewriteToCounters],
  ["snapshot", rewriteToSnapshot],
  ["sharded", rewriteToShards],
  ["channel", rewriteToOwner],
];

/** What these declare needs no making, so a write into the unmade map ends with them too. */
const READY_WHEN_ZERO: ReadonlySet<FixKind> = new Set(["sync-map", "atomic", "sharded", "channel"]);

/** The kinds of Fix that can be made for the Finding's map. */
export function fixKinds(program: Program, finding: Fixable): readonly FixKind[] {
  const question = questionOf(program);
  return REWRITES.map(([kind]) => kind).filter((kind) => !("refused" in answer(question, finding, kind)));
}

/** The edits of a Fix, files in order, or why it cannot be made. */
export function makeFix(program: Program, finding: Fixable, kind: FixKind): FileEdit[] | Refusal {
  return answer(questionOf(program), finding, kind);
}

function answer(question: Question, finding: Fixable, kind: FixKind): FileEdit[] | Refusal {
  const rewrite = REWRITES.find(([k]) => k === kind)?.[1];
  if (rewrite === undefined)
    return { refused: `The fix ${kind} is not known; choose one of ${REWRITES.map(([k]) => k).join(", ")}.` };
  const map = finding.map.variable?.origin ?? null;
  try {
    if (map === null || finding.map.depth > 0 || mapTypeOf(map) === null) {
      throw new CannotFix(
        "The map has no declaration of its own, as an element of another has none; guard it by hand.",
      );
    }
    if (finding.code === "nil-map-write" && !READY_WHEN_ZERO.has(kind)) {
      throw new CannotFix(`A lock does not make ${map.name}; make the map where it is declared.`);
    }
    const draft = createDraft();
    rewrite(question, map, usesFor(question, map, kind === "rwmutex"), draft);
    if (kind !== "rwmutex") refuseShownType(question.program, map);
    const edits = draft.finish();
    return edits.length === 0 ? { refused: `Every use of ${map.name} is guarded already.` } : edits;
  } catch (error) {
    if (error instanceof CannotFix) return { refused: error.message };
    throw error;
  }
}

/** The map's uses, found once for all kinds. Throws {@link CannotFix}. */
function usesFor(question: Question, map: Var, staysMap: boolean): readonly Use[] {
  let found = question.uses.get(staysMap);
  if (found === undefined) {
    try {
      found = usesOf(question.program, map, staysMap);
    } catch (error) {
      if (!(error instanceof CannotFix)) throw error;
      found = error;
    }
    question.uses.set(staysMap, found);
  }
  if (found instanceof CannotFix) throw found;
  return found;
}
