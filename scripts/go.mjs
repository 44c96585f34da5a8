/** Finds the user's Go, as every command of this repository needs one. */
import { quietly } from "./steps.mjs";

/**
 * The version of the `go` on PATH, as Go writes it ("go1.26.8").
 * @returns {Promise<string>}
 * @throws {Error} a sentence with a next step when there is none
 */
export async function goVersion() {
  try {
    return (await quietly("go", ["env", "GOVERSION"])).trim();
  } catch (cause) {
    throw new Error(
      "Go is needed and there is no working `go` on PATH. Install Go 1.22 or newer, then run this again.",
      {
        cause,
      },
    );
  }
}
