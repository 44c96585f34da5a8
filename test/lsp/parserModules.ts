/** The parser's WebAssembly, from the packages that it comes in. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ParserModules } from "../../src/server/core/core.ts";

const require = createRequire(import.meta.url);

/** Where each module lies before the build has copied it beside the bundles. */
export const PARSER_FILES: Readonly<Record<string, string>> = {
  "web-tree-sitter.wasm": require.resolve("web-tree-sitter/web-tree-sitter.wasm"),
  "tree-sitter-go.wasm": require.resolve("tree-sitter-go/tree-sitter-go.wasm"),
};

/** What `createCore` is made with. */
export function parserModules(): ParserModules {
  return {
    treeSitterWasm: readFileSync(PARSER_FILES["web-tree-sitter.wasm"] ?? ""),
    goWasm: readFileSync(PARSER_FILES["tree-sitter-go.wasm"] ?? ""),
  };
}
