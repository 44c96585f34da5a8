/** Why a Fix cannot be made: thrown where that shows, turned into a Refusal by `fixes.ts`. */
export class CannotFix extends Error {}
