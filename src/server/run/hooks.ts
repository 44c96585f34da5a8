/**
 * Reads which race hooks the user's own Go calls, out of its runtime/race0.go, and checks that the
 * detector answers each of them with the same parameters and results. A hook it does not know is a
 * reason to refuse by name: an unanswered hook would be a wrong verdict.
 */

/** The hooks that src/runtime answers: name to parameter and result types, as normalised by {@link readHooks}. */
const ANSWERED: Readonly<Record<string, string>> = {
  raceReadObjectPC: "(*_type, unsafe.Pointer, uintptr, uintptr)",
  raceWriteObjectPC: "(*_type, unsafe.Pointer, uintptr, uintptr)",
  raceinit: "() (uintptr, uintptr)",
  racefini: "()",
  raceproccreate: "() uintptr",
  raceprocdestroy: "(uintptr)",
  racemapshadow: "(unsafe.Pointer, uintptr)",
  racewritepc: "(unsafe.Pointer, uintptr, uintptr)",
  racereadpc: "(unsafe.Pointer, uintptr, uintptr)",
  racereadrangepc: "(unsafe.Pointer, uintptr, uintptr, uintptr)",
  racewriterangepc: "(unsafe.Pointer, uintptr, uintptr, uintptr)",
  raceacquire: "(unsafe.Pointer)",
  raceacquireg: "(*g, unsafe.Pointer)",
  raceacquirectx: "(uintptr, unsafe.Pointer)",
  racerelease: "(unsafe.Pointer)",
  racereleaseg: "(*g, unsafe.Pointer)",
  racereleaseacquire: "(unsafe.Pointer)",
  racereleaseacquireg: "(*g, unsafe.Pointer)",
  racereleasemerge: "(unsafe.Pointer)",
  racereleasemergeg: "(*g, unsafe.Pointer)",
  racefingo: "()",
  racemalloc: "(unsafe.Pointer, uintptr)",
  racefree: "(unsafe.Pointer, uintptr)",
  racegostart: "(uintptr) uintptr",
  racegoend: "()",
  racectxstart: "(uintptr, uintptr) uintptr",
  racectxend: "(uintptr)",
};

/** The hooks that a race0.go declares: name to types without parameter names. */
export function readHooks(race0: string): Map<string, string> {
  const hooks = new Map<string, string>();
  for (const [, name, parameters, results] of race0.matchAll(
    /^func (\w+)\(([^)]*)\)\s*(\([^)]*\)|\w+)?\s*\{/gm,
  )) {
    if (name === undefined) continue;
    hooks.set(name, `(${types(parameters ?? "")})${results ? ` ${results}` : ""}`);
  }
  return hooks;
}

/** "addr unsafe.Pointer, sz, callerpc uintptr" to "unsafe.Pointer, uintptr, uintptr". */
function types(parameters: string): string {
  const result: string[] = [];
  let type = "";
  for (const part of parameters.split(",").reverse()) {
    const words = part.trim().split(/\s+/);
    if (words.length > 1) type = words.slice(1).join(" ");
    if (words[0] !== "") result.unshift(type);
  }
  return result.join(", ");
}

/** What in a race0.go the detector cannot answer, in words; empty when it answers everything. */
export function unansweredHooks(race0: string): string[] {
  const hooks = readHooks(race0);
  if (hooks.size === 0) return ["no hooks at all"];
  const problems: string[] = [];
  for (const [name, signature] of hooks) {
    const answered = ANSWERED[name];
    if (answered === undefined) problems.push(`${name}${signature}`);
    else if (answered !== signature) {
      problems.push(`${name}${signature}, which used to be ${name}${answered}`);
    }
  }
  return problems;
}

/** The race0.go that switches the detector on; the hooks themselves are in src/runtime. */
export const RACE0_ON = `//go:build !race

package runtime

const raceenabled = true
`;
