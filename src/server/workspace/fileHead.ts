/**
 * What the top of a Go file says: package name, imports and build constraint, read without parsing the rest.
 *
 * Decides nothing about whether the file is part of a build; that is `buildConstraints.ts`.
 */
import { detached } from "../core/core.ts";

/** The top of one Go file. */
export interface FileHead {
  /** Name in the package clause; "" where there is none that can be read. */
  readonly packageName: string;
  /** Import paths in order, `C` included. */
  readonly imports: readonly string[];
  /** The expression after `//go:build`, or null. */
  readonly goBuild: string | null;
  /** The arguments of every effective `// +build` line; they count only without a `//go:build` line. */
  readonly plusBuild: readonly string[];
  /** True for machine-written files, by the comment that Go's convention asks for. */
  readonly generated: boolean;
}

/** Reads the head of a file. Never fails: what cannot be read is left empty. */
export function readFileHead(text: string): FileHead {
  const header = scanHeader(text);
  const lexer = new HeadLexer(text, header.end);
  let packageName = "";
  const imports: string[] = [];
  if (lexer.next() === "package") {
    packageName = /^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(lexer.peek()) ? lexer.next() : "";
    lexer.skip(";");
    while (lexer.peek() === "import") {
      lexer.next();
      if (lexer.peek() === "(") {
        lexer.next();
        while (lexer.peek() !== ")" && lexer.peek() !== "") {
          addImport(lexer.next(), imports);
        }
        lexer.next();
      } else {
        if (!/^["`]/.test(lexer.peek())) {
          lexer.next();
        }
        addImport(lexer.next(), imports);
      }
      lexer.skip(";");
    }
  }
  // Heads are kept of all files, and are not to keep their texts.
  return {
    packageName: detached(packageName),
    imports: imports.map(detached),
    goBuild: header.goBuild === null ? null : detached(header.goBuild),
    plusBuild: header.plusBuild.map(detached),
    generated: header.generated,
  };
}

/** True where two heads ask for the same build: a change of anything else leaves packages as they are. */
export function sameHead(a: FileHead, b: FileHead): boolean {
  return (
    a.packageName === b.packageName &&
    a.goBuild === b.goBuild &&
    a.plusBuild.join("\n") === b.plusBuild.join("\n") &&
    a.imports.join("\n") === b.imports.join("\n")
  );
}

function addImport(token: string, imports: string[]): void {
  if (/^(".*"|`.*`)$/.test(token) && token.length > 2) {
    imports.push(token.slice(1, -1));
  }
}

interface Header {
  readonly end: number;
  readonly goBuild: string | null;
  readonly plusBuild: readonly string[];
  readonly generated: boolean;
}

/** Walks the comments and blank lines before the package clause, as go/build's `parseFileHeader` does. */
function scanHeader(text: string): Header {
  let goBuild: string | null = null;
  let generated = false;
  let inBlockComment = false;
  // `+build` lines count only where a blank line separates them from the package clause.
  let effective: string[] = [];
  let pending: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const lineEnd = newline < 0 ? text.length : newline;
    let line = text.slice(at, lineEnd).trim();
    if (!inBlockComment && line === "") {
      effective = effective.concat(pending);
      pending = [];
    } else if (!inBlockComment && line.startsWith("//")) {
      if (goBuild === null && /^\/\/go:build(\s|$)/.test(line)) {
        goBuild = line.slice("//go:build".length).trim();
      }
      const plus = /^\/\/\s*\+build(?:\s+(.*))?$/.exec(line);
      if (plus !== null) {
        pending.push(plus[1] ?? "");
      }
      generated ||= /^\/\/ Code generated .* DO NOT EDIT\.$/.test(line);
    } else {
      while (line !== "") {
        if (inBlockComment) {
          const close = line.indexOf("*/");
          if (close < 0) {
            break;
          }
          inBlockComment = false;
          line = line.slice(close + 2).trim();
        } else if (line.startsWith("/*")) {
          inBlockComment = true;
          line = line.slice(2);
        } else if (line.startsWith("//")) {
          break;
        } else {
          return { end: at, goBuild, plusBuild: effective, generated };
        }
      }
    }
    at = lineEnd + 1;
  }
  return { end: text.length, goBuild, plusBuild: effective.concat(pending), generated };
}

/** Tokens of the package clause and the imports: words, strings and single characters. */
class HeadLexer {
  readonly #pattern = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"\n]*"|`[^`]*`|[\p{L}\p{Nd}_]+|./uy;
  readonly #text: string;
  #ahead: string | null = null;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#pattern.lastIndex = at;
  }

  peek(): string {
    this.#ahead ??= this.#read();
    return this.#ahead;
  }

  next(): string {
    const token = this.peek();
    this.#ahead = null;
    return token;
  }

  skip(token: string): void {
    while (this.peek() === token) {
      this.next();
    }
  }

  #read(): string {
    for (;;) {
      const match = this.#pattern.exec(this.#text)?.[0] ?? "";
      // A byte-order mark counts as white space for `\s`; comments are the other thing to pass over.
      if (match === "" || !/^(\s|\/\/|\/\*)/.test(match)) {
        return match;
      }
    }
  }
}
