/**
 * Turns a failed `go list` or `go build` into a sentence with a next step. Errors of the compiler are shown as
 * they are, with file and line; nothing is guessed about them.
 */
import { RunProblem } from "./problem.ts";

/** Turns what `go list` or `go build` said into a sentence; the compiler's own errors stay as they are. */
export function explainGoFailure(stderr: string, cwd: string): RunProblem {
  if (
    /go\.mod file not found|cannot find main module|outside main module or its selected dependencies/.test(
      stderr,
    )
  ) {
    return new RunProblem(
      `There is no go.mod in ${cwd} or above it that covers this package. Run \`go mod init NAME\` there, or name a folder inside a module.`,
      stderr,
    );
  }
  if (/-race requires cgo|C compiler .* not found/.test(stderr)) {
    return new RunProblem(
      "Go's own -race needs cgo and a C compiler, which this build does not have. Use mode maps or vars, which need neither, or install a C compiler and set CGO_ENABLED=1.",
      stderr,
    );
  }
  // The user's own packages have a dot or a module's name in front; these are Go's, in our version.
  if (/^# (?:runtime|reflect|maps|sync|sync\/atomic|syscall|internal\/\S+)$/m.test(stderr)) {
    return detectorDoesNotCompile(stderr);
  }
  if (/cannot write multiple packages to non-directory/.test(stderr)) {
    return new RunProblem("A run takes one package, and this names several. Name the one package to run.");
  }
  return new RunProblem("The program does not build. Correct the errors and run again.", stderr);
}

/** The failure of a build of nothing but Go's own packages and ours. */
export function detectorDoesNotCompile(stderr: string): RunProblem {
  return new RunProblem(
    "This Go does not compile with Maprace's detector in it. Please report this with the errors shown; until then, run with --mode go-race.",
    stderr,
  );
}
