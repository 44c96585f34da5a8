/**
 * Reads go.mod, go.work and vendor/modules.txt.
 *
 * Lenient: a line that is not understood is passed over, since a half-typed go.mod must not end the analysis.
 * Which version of a module is used, and where it lies, is `moduleGraph.ts`.
 */

/** A module in a version; a version of "" means any. */
export interface ModuleVersion {
  readonly path: string;
  readonly version: string;
}

/** A `replace` line. A target without version is a folder, as written. */
export interface Replacement {
  readonly from: ModuleVersion;
  readonly to: ModuleVersion;
}

/** What go.mod and go.work files say. */
export interface ModFile {
  /** The module's path; "" in go.work. */
  readonly module: string;
  /** "1.22", "1.23.4"; "" where the file does not say. */
  readonly go: string;
  readonly require: readonly ModuleVersion[];
  readonly replace: readonly Replacement[];
  /** The folders of a go.work, as written. */
  readonly use: readonly string[];
  /** Folders that `./...` passes over (Go 1.25), as written. */
  readonly ignore: readonly string[];
}

/** Parses the text of a go.mod or go.work file. */
export function parseModFile(text: string): ModFile {
  let module = "";
  let go = "";
  const require: ModuleVersion[] = [];
  const replace: Replacement[] = [];
  const use: string[] = [];
  const ignore: string[] = [];
  let block = "";
  for (const line of text.split(/\r?\n/)) {
    let words = wordsOf(line);
    if (words.length === 0) {
      continue;
    }
    if (block !== "") {
      if (words[0] === ")") {
        block = "";
        continue;
      }
      words = [block, ...words];
    } else if (words[1] === "(") {
      block = words[0] ?? "";
      continue;
    }
    const [verb, first = "", second = ""] = words;
    if (first === "") {
      continue;
    }
    switch (verb) {
      case "module":
        module = first;
        break;
      case "go":
        go = first;
        break;
      case "require":
        require.push({ path: first, version: second });
        break;
      case "use":
        use.push(first);
        break;
      case "ignore":
        ignore.push(first);
        break;
      case "replace": {
        const arrow = words.indexOf("=>");
        if (arrow >= 2 && words[arrow + 1] !== undefined) {
          replace.push({
            from: { path: first, version: arrow > 2 ? second : "" },
            to: { path: words[arrow + 1] ?? "", version: words[arrow + 2] ?? "" },
          });
        }
        break;
      }
    }
  }
  return { module, go, require, replace, use, ignore };
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/"[^"]*"|`[^`]*`|\/\/.*|=>|[()]|[^\s()"`]+/g)) {
    if (word.startsWith("//")) {
      break;
    }
    words.push(/^["`]/.test(word) ? word.slice(1, -1) : word);
  }
  return words;
}

/** The modules of a vendor/modules.txt, and the go version that each names ("" where it names none). */
export function parseVendorModules(text: string): Map<string, { packages: string[]; go: string }> {
  const modules = new Map<string, { packages: string[]; go: string }>();
  let current: { packages: string[]; go: string } | null = null;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^# (\S+)/.exec(line);
    if (heading !== null) {
      current = { packages: [], go: "" };
      modules.set(heading[1] ?? "", current);
    } else if (line.startsWith("##")) {
      const go = /\bgo (\d[\w.]*)/.exec(line);
      if (current !== null && go !== null) {
        current.go = go[1] ?? "";
      }
    } else if (line !== "" && !line.startsWith("#")) {
      current?.packages.push(line.trim());
    }
  }
  return modules;
}

/** Orders module versions as semantic versions: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const left = versionParts(a);
  const right = versionParts(b);
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return comparePrerelease(left.prerelease, right.prerelease);
}

function versionParts(version: string): { numbers: number[]; prerelease: string } {
  const withoutBuild = version.replace(/\+.*$/, "").replace(/^v/, "");
  const dash = withoutBuild.indexOf("-");
  return {
    numbers: (dash < 0 ? withoutBuild : withoutBuild.slice(0, dash)).split(".").map(Number),
    prerelease: dash < 0 ? "" : withoutBuild.slice(dash + 1),
  };
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  if (a === "" || b === "") {
    return a === "" ? 1 : -1;
  }
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    if (x === y) {
      continue;
    }
    const xIsNumber = /^\d+$/.test(x);
    const yIsNumber = /^\d+$/.test(y);
    if (xIsNumber && yIsNumber) {
      return Number(x) - Number(y);
    }
    if (xIsNumber !== yIsNumber) {
      return xIsNumber ? -1 : 1;
    }
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
