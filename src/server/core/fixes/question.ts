/**
 * What the Fixes of one map are asked with: the program, and answers that several kinds of Fix need.
 */
import type { StructType } from "../syntax/ast.ts";
import type { Program } from "../types/types.ts";
import type { CannotFix } from "./refusal.ts";
import type { Use } from "./uses.ts";

/** Made for one map and dropped with the answer. */
export interface Question {
  readonly program: Program;
  /** Why values of a struct must not hold a lock, null where they may. */
  readonly copies: Map<StructType, string | null>;
  /** The map's uses by whether it stays a map, or why they cannot be rewritten. */
  readonly uses: Map<boolean, readonly Use[] | CannotFix>;
}

/** A question about a program, nothing answered yet. */
export function questionOf(program: Program): Question {
  return { program, copies: new Map(), uses: new Map() };
}
