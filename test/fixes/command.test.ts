/** `maprace fix` as a person uses it: a diff to look at, a file that is written, a refusal with a way on. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run as check } from "../../src/cli/check.ts";
import { run as fix } from "../../src/cli/fix.ts";
import { makeAssets } from "../cli/assets.ts";
import { makeTree } from "../workspace/tree.ts";

const MAIN = `package main

import "net/http"

var visits = map[string]int{}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		/* count */ visits[r.URL.Path]++ // 🚦
		if visits[r.URL.Path] > 3 {
			http.Error(w, "again", http.StatusTooManyRequests)
		}
	})
	http.ListenAndServe("127.0.0.1:0", nil)
}
`;

afterEach(() => {
  vi.restoreAllMocks();
});

async function command(
  run: (argv: string[], assets: string) => Promise<number>,
  ...argv: string[]
): Promise<{ status: number; out: string; err: string }> {
  vi.restoreAllMocks();
  let out = "";
  let err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(console, "log").mockImplementation((text) => {
    out += `${text}\n`;
  });
  vi.spyOn(console, "error").mockImplementation((text) => {
    err += `${text}\n`;
  });
  const status = await run(argv, makeAssets());
  vi.restoreAllMocks();
  return { status, out, err };
}

function moduleWith(main: string): string {
  return makeTree({ "go.mod": "module m\n\ngo 1.22\n", "cmd/main.go": main });
}

describe("maprace fix", () => {
  it("prints a diff that git applies, after which nothing is found", async () => {
    const root = moduleWith(MAIN);
    const { status, out } = await command(fix, "--kind", "rwmutex", "--at", "cmd/main.go:9", root);
    expect(status).toBe(0);
    expect(readFileSync(`${root}/cmd/main.go`, "utf8")).toBe(MAIN);
    execFileSync("git", ["apply", "-"], { cwd: root, input: out });
    expect(execFileSync("gofmt", ["-l", root], { encoding: "utf8" })).toBe("");
    expect((await command(check, root)).status).toBe(0);
  });

  it("writes every kind that check offers, and keeps the byte order mark and the line ends", async () => {
    for (const kind of ["rwmutex", "atomic"]) {
      const root = moduleWith(`\uFEFF${MAIN.replaceAll("\n", "\r\n")}`);
      const { status, err } = await command(fix, "--kind", kind, "--at", "cmd/main.go:9", "--write", root);
      expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("cmd/main.go rewritten") });
      const written = readFileSync(`${root}/cmd/main.go`, "utf8");
      expect(written.startsWith("\uFEFFpackage main\r\n")).toBe(true);
      expect(written.replaceAll("\r\n", "")).not.toContain("\n");
      // gofmt takes the mark and the carriage returns out.
      writeFileSync(`${root}/cmd/main.go`, written.slice(1).replaceAll("\r\n", "\n"));
      expect(execFileSync("gofmt", ["-l", root], { encoding: "utf8" })).toBe("");
      expect((await command(check, root)).status).toBe(0);
    }
  });

  it("says why a kind cannot be made, and which can", async () => {
    const root = moduleWith(MAIN);
    const { status, out, err } = await command(fix, "--kind", "sync-map", "--at", "cmd/main.go:9", root);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toContain("visits is updated in place at main.go:9");
    expect(err).toContain("--kind atomic");
  });

  it("says so where nothing was found, and refuses words that it does not know", async () => {
    const root = moduleWith(MAIN);
    const nothing = await command(fix, "--kind", "rwmutex", "--at", "cmd/main.go:1", root);
    expect(nothing).toEqual({
      status: 1,
      out: "",
      err: expect.stringContaining("nothing was found at cmd/main.go:1"),
    });
    await expect(command(fix, "--kind", "mutex", "--at", "cmd/main.go:9", root)).rejects.toThrow(
      "--kind is one of",
    );
    await expect(command(fix, "--kind", "rwmutex", root)).rejects.toThrow("FILE:LINE");
  });
});
