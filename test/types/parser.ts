/** A Go parser for tests: the two WebAssembly modules read from the installed packages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createParser, type GoParser, type ParserWasm } from "../../src/server/core/syntax/parser.ts";

/** The bytes of the two modules. */
export function testWasm(): ParserWasm {
  const require = createRequire(`${process.cwd()}/package.json`);
  return {
    runtime: readFileSync(require.resolve("web-tree-sitter/web-tree-sitter.wasm")),
    go: readFileSync(require.resolve("tree-sitter-go/tree-sitter-go.wasm")),
  };
}

let shared: Promise<GoParser> | null = null;

/** The parser that all tests of a process share. */
export function testParser(): Promise<GoParser> {
  shared ??= createParser(testWasm());
  return shared;
}
