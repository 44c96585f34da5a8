/**
 * Random edits over Go code, and whether core's Findings after them are those of a fresh look at the result.
 *
 * Edits are what people do to code that runs concurrently: lines go, come twice, change places, move into a
 * goroutine or under a lock; and what typing leaves behind on the way: characters come and go.
 */
import fc from "fast-check";
import { type CoreFinding, createCore, type ParserModules } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";

/** One edit: which file and line (as shares), what is done there, and a choice that some edits need. */
export interface Edit {
  readonly file: number;
  readonly line: number;
  readonly how: (typeof HOWS)[number];
  readonly choice: number;
}

const HOWS = [
  "delete",
  "repeat",
  "swap",
  "move",
  "go",
  "lock",
  "unlock",
  "comment",
  "type",
  "erase",
  "function",
  "undo",
] as const;

const TYPED = [
  "x",
  "{",
  "}",
  "(",
  ")",
  '"',
  "`",
  "/*",
  "*/",
  "// must hold mu\n",
  "\n",
  "go ",
  "return\n",
  "é👍",
];

/** Arbitrary edits. */
export const edit: fc.Arbitrary<Edit> = fc.record({
  file: fc.double({ min: 0, max: 0.999, noNaN: true }),
  line: fc.double({ min: 0, max: 0.999, noNaN: true }),
  how: fc.constantFrom(...HOWS),
  choice: fc.nat({ max: 999 }),
});

/** The text after an edit; `original` is the text before all edits. */
export function apply(text: string, original: string, { line, how, choice }: Edit): string {
  const lines = text.split("\n");
  const at = Math.floor(line * lines.length);
  const here = lines[at] ?? "";
  const other = choice % lines.length;
  switch (how) {
    case "delete":
      lines.splice(at, 1);
      break;
    case "repeat":
      lines.splice(at, 0, here);
      break;
    case "swap":
      lines[at] = lines[other] ?? "";
      lines[other] = here;
      break;
    case "move":
      lines.splice(at, 1);
      lines.splice(other, 0, here);
      break;
    case "go":
      lines[at] = `go func() { ${here.trim()} }()`;
      break;
    case "lock":
      lines.splice(at, 0, text.match(/^.*\bR?Lock\(\)$/m)?.[0] ?? "mu.Lock()");
      break;
    case "unlock": {
      const locks = lines.findIndex((one, i) => i >= at && /\bR?(Un)?[lL]ock\(\)/.test(one));
      if (locks >= 0) lines.splice(locks, 1);
      break;
    }
    case "comment":
      lines[at] = choice % 3 === 0 ? `//maprace:ignore tried\n${here}` : `// ${here}`;
      break;
    case "type": {
      const column = choice % (here.length + 1);
      lines[at] = here.slice(0, column) + TYPED[choice % TYPED.length] + here.slice(column);
      break;
    }
    case "erase":
      lines[at] = here.slice(0, choice % (here.length + 1));
      break;
    case "function":
      lines.splice(
        lines.length,
        0,
        `func added${choice}(m map[string]int) { m["a"]++; go added${choice}(m) }`,
      );
      break;
    case "undo":
      return original;
  }
  return lines.join("\n");
}

/** Findings as they are compared. */
export function shown(findings: readonly CoreFinding[]): string[] {
  return findings.map(({ map: { variable: _, ...map }, ...finding }) => JSON.stringify({ ...finding, map }));
}

/** What disagrees after edits of a folder's files, each looked at on the way; null where nothing does. */
export async function disagreement(
  modules: ParserModules,
  folder: string,
  edits: readonly Edit[],
): Promise<{ readonly stale: string[]; readonly missing: string[] } | null> {
  const workspace = new Workspace({ folders: [folder], trusted: false, variables: process.env });
  try {
    const sources = () => workspace.programs().map(({ source }) => source);
    const files = sources().flatMap(({ packages }) => packages.flatMap((one) => one.files));
    const texts = new Map(files.map((file) => [file.path, file.text()]));
    const originals = new Map(texts);
    const paths = [...texts.keys()];
    const edited = await Promise.all(sources().map(() => createCore(modules)));
    const look = () => sources().flatMap((source, i) => shown(edited[i]!.update(source).findings()));
    look();
    for (const one of edits) {
      const path = paths[Math.floor(one.file * paths.length)]!;
      texts.set(path, apply(texts.get(path)!, originals.get(path)!, one));
      workspace.setBuffer(path, texts.get(path)!);
      if (sources().length !== edited.length) return null;
      look();
    }
    const kept = new Set(look());
    const fresh = new Set<string>();
    for (const source of sources()) {
      const core = await createCore(modules);
      for (const finding of shown(core.update(source).findings())) fresh.add(finding);
      core.dispose();
    }
    for (const core of edited) core.dispose();
    const stale = [...kept].filter((finding) => !fresh.has(finding));
    const missing = [...fresh].filter((finding) => !kept.has(finding));
    return stale.length + missing.length === 0 ? null : { stale, missing };
  } finally {
    workspace.dispose();
  }
}
