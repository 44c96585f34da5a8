/**
 * The error a person reads when a run cannot take place. It decides nothing: whoever meets the obstacle
 * writes the sentence, the command line and the debug adapter show it as it is.
 */

/** A run that could not take place. `message` is a sentence with a next step. */
export class RunProblem extends Error {
  override readonly name = "RunProblem";

  /**
   * @param message sentences for the user: what is wrong and what to do.
   * @param details what a tool said, to be shown unchanged (compiler errors with file:line); may be empty.
   */
  constructor(
    message: string,
    readonly details = "",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
