/**
 * What both ways of running the extension-host suites share (the embedded editor and @vscode/test-electron): the bundle of
 * the suites, the workspace they run in, and the shape of their results.
 */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

/** One test's outcome; `error` is absent when it passed. */
export interface HostResult {
  readonly title: string;
  readonly error?: string;
}

/** A program that tells its process id and never ends by itself. */
const FOREVER = `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("process", os.Getpid())
	for {
		time.Sleep(time.Second)
	}
}
`;

const here = import.meta.dirname;

/** Bundles host/index.ts into `folder`; the result is what `extensionTestsPath` wants. */
export async function bundleHostSuites(folder: string): Promise<string> {
  const outfile = join(folder, "index.cjs");
  await build({
    entryPoints: [join(here, "host/index.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode", "mocha"],
  });
  return outfile;
}

/** Lays a multi-root workspace into `folder`; the second root is reached by a symbolic link. Returns its .code-workspace file. */
export function hostWorkspace(folder: string): string {
  const incidents = resolve(here, "../incidents");
  mkdirSync(folder, { recursive: true });
  cpSync(join(incidents, "session-cache/racy"), join(folder, "session-cache"), { recursive: true });
  cpSync(join(incidents, "log-statistics/racy"), join(folder, "real-log-statistics"), { recursive: true });
  symlinkSync(join(folder, "real-log-statistics"), join(folder, "log-statistics"), "dir");
  mkdirSync(join(folder, "forever"));
  writeFileSync(join(folder, "forever/go.mod"), "module forever\n\ngo 1.22\n");
  writeFileSync(join(folder, "forever/main.go"), FOREVER);
  const file = join(folder, "host.code-workspace");
  const folders = ["session-cache", "log-statistics", "forever"].map((path) => ({ path }));
  writeFileSync(file, JSON.stringify({ folders }));
  return file;
}
