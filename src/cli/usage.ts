/** A command line that cannot be followed; the message says what is wrong, and `cli.ts` adds where help is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
