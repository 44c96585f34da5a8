/**
 * The lines at which programs access maps. A detector tells a conflict once for each pair of lines, so
 * every access of every program that one process runs has a line of its own.
 */
const KINDS = [
  ["word", "map[int64]int64", "int64", "m[k]++"],
  ["half", "map[int32]int64", "int32", "m[k]++"],
  ["text", "map[string]int64", "string", "m[k]++"],
  ["pair", "map[[2]int64]int64", "[2]int64", "m[k]++"],
  ["boxed", "map[any]any", "any", "m[k] = 2"],
] as const;

/** How many places there are for each kind of map. */
export const PLACES = 250;

/** The file that fixtures/fuzz is built with, and which place each of its lines (from 1) belongs to. */
export function placesFile(): { text: string; placeOfLine: (line: number) => { kind: number; p: number } } {
  const lines = ["package main", ""];
  const places: ({ kind: number; p: number } | undefined)[] = [];
  for (const [kind, [name, map, key, increment]] of KINDS.entries()) {
    for (let p = 0; p < PLACES; p++) {
      lines.push(
        `func ${name}${p}(m ${map}, k ${key}, how int, each func(), variable *map[int64]int64) {`,
        "switch how {",
      );
      const access = (how: string, statement: string): void => {
        lines.push(`case ${how}:`, statement);
        places[lines.length] = { kind, p };
      };
      access("opRead", "_ = m[k]");
      access("opCommaOk", "_, _ = m[k]");
      access("opWrite", "m[k] = 1");
      access("opIncrement", increment);
      access("opDelete", "delete(m, k)");
      access("opRange", "for range m { each() }");
      access("opClear", "clear(m)");
      access("opClone", "cloneMap(m)");
      access("opLen", "if len(m) < 0 { return }");
      access("opReadVariable", "if *variable == nil { return }");
      access("opAssignVariable", "*variable = map[int64]int64{}");
      lines.push("}", "}");
    }
    lines.push(`var ${name}Places = [...]func(${map}, ${key}, int, func(), *map[int64]int64){`);
    for (let p = 0; p < PLACES; p++) lines.push(`${name}${p},`);
    lines.push("}");
  }
  return {
    text: `${lines.join("\n")}\n`,
    placeOfLine: (line) => {
      const place = places[line];
      if (place === undefined) throw new Error(`No map is accessed in line ${line} of places.go.`);
      return place;
    },
  };
}
