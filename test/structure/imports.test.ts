/**
 * Who may import whom: the table of ARCHITECTURE.md, read against the imports that are really there. A file that no row
 * covers fails too, so the table stays complete.
 */
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { repository, sourceFiles } from "./sourceFiles.ts";

interface Row {
  /** A folder, or one file, relative to the repository. */
  readonly part: string;
  /** Folders and files of this repository that it may import besides itself. */
  readonly own: readonly string[];
  /** Packages that it may import; a name covers the package's subpaths. */
  readonly packages: readonly string[];
  /** Whether it may import Node's own modules. */
  readonly node: boolean;
}

const FACADE = "src/server/core/core.ts";
const PROTOCOL = "src/protocol.ts";

const TABLE: readonly Row[] = [
  { part: PROTOCOL, own: [], packages: [], node: false },
  { part: "src/server/core", own: [], packages: ["web-tree-sitter"], node: false },
  { part: "src/server/workspace", own: [FACADE], packages: [], node: true },
  {
    part: "src/server/lsp",
    own: [FACADE, PROTOCOL],
    packages: ["vscode-languageserver", "vscode-languageserver-textdocument"],
    node: false,
  },
  { part: "src/server/run", own: [PROTOCOL], packages: [], node: true },
  {
    part: "src/server/dap",
    own: ["src/server/run", PROTOCOL],
    packages: ["@vscode/debugadapter", "@vscode/debugprotocol"],
    node: true,
  },
  {
    part: "src/cli",
    own: [
      FACADE,
      "src/server/workspace",
      "src/server/run",
      PROTOCOL,
      "src/server/lsp/main.ts",
      "src/server/dap/adapter.ts",
      "webview/page.ts",
    ],
    packages: [],
    node: true,
  },
  { part: "src/client", own: [PROTOCOL], packages: ["vscode", "vscode-languageclient"], node: true },
  { part: "webview", own: [PROTOCOL], packages: [], node: false },
];

/** What a pure core must not reach for: it would give other Findings for the same text. */
const IMPURE =
  /\b(process\.|Date\b|performance\.|setTimeout|setInterval|Math\.random|console\.|globalThis\.|fetch\()/;

const files = sourceFiles(["src", "webview"], [".ts"]).filter((file) => !file.endsWith(".d.ts"));

describe("import table", () => {
  test("finds the source", () => expect(files.length).toBeGreaterThan(20));

  for (const row of TABLE) {
    test(`${row.part} imports what its row allows`, () => {
      expect(files.filter((file) => rowOf(file) === row).flatMap((file) => violations(file, row))).toEqual(
        [],
      );
    });
  }

  test("every source file belongs to a row", () => {
    expect(files.filter((file) => rowOf(file) === undefined)).toEqual([]);
  });

  test("every relative import names its file with the extension", () => {
    const bare = files.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith(".") && !/\.(ts|css)$/.test(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(bare).toEqual([]);
  });

  test("the core is pure", () => {
    const impure = files
      .filter((file) => file.startsWith("src/server/core/"))
      .filter((file) => IMPURE.test(withoutCommentsAndText(read(file))));
    expect(impure).toEqual([]);
  });
});

function rowOf(file: string): Row | undefined {
  return TABLE.find(({ part }) => file === part || file.startsWith(`${part}/`));
}

/** The imports of `file` that `row` does not allow, each as a line for people. */
function violations(file: string, row: Row): string[] {
  return imports(file)
    .filter((name) => !isAllowed(file, name, row))
    .map((name) => `${file} imports ${name}`);
}

function isAllowed(file: string, name: string, row: Row): boolean {
  if (name.startsWith(".")) {
    const target = posix.normalize(posix.join(dirname(file), name));
    return [row.part, ...row.own].some((part) => target === part || target.startsWith(`${part}/`));
  }
  if (name.startsWith("node:")) return row.node;
  if (builtinModules.includes(name)) return false; // Node's modules are named with `node:`.
  return row.packages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`));
}

/** The module names of all imports and re-exports, of types too, written or computed when the code runs. */
function imports(file: string): string[] {
  const text = read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const forms = [
    /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["'];/gm, // With its semicolon: Go text that we write has none.
    /\b(?:import|require)\(\s*["']([^"']+)["']/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1]!));
}

function withoutCommentsAndText(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""')
    .replace(/\/\/.*$/gm, "");
}

function read(file: string): string {
  return readFileSync(join(repository, file), "utf8");
}
