/**
 * A Go that is not as Maprace knows it is refused by name, with what to do. What a build made of a Go that it knows
 * does, is for test/runtime.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adaptRuntime } from "../../src/server/run/adaptedRuntime.ts";
import { prepareOverlay } from "../../src/server/run/overlay.ts";
import { readToolchain, type Toolchain } from "../../src/server/run/toolchain.ts";
import { goCommand, RUNTIME_SOURCES, scratchFolder } from "../runtime/prepare.ts";

const { folder, remove } = scratchFolder();
afterAll(remove);

/** The Go of this machine, as far as an instrumented runtime is made from it, in a folder where it can be changed. */
let toolchain: Toolchain;
const goroot = path.join(folder, "goroot");
beforeAll(async () => {
  const installed = await readToolchain(goCommand(), folder, folder, process.env);
  const { madeFrom } = adaptRuntime(installed, RUNTIME_SOURCES, "");
  toolchain = { ...installed, goroot, realGoroot: goroot };
  // What it looked for in vain is part of the list.
  for (const file of madeFrom.filter((place) => existsSync(place))) {
    const copy = path.join(goroot, path.relative(installed.goroot, file));
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
});

const adapt = () => adaptRuntime(toolchain, RUNTIME_SOURCES, "");

/** Runs `act` while a file of the copied GOROOT has another text; null for no file. */
function withChanged(file: string, change: (text: string) => string | null, act: () => void): void {
  const place = path.join(goroot, "src", file);
  const text = readFileSync(place, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  if (changed === null) rmSync(place);
  else writeFileSync(place, changed);
  try {
    act();
  } finally {
    writeFileSync(place, text);
  }
}

test("what is known is changed", () => {
  const { texts } = adapt();
  expect(texts.get(path.join(goroot, "src/internal/race/norace.go"))).toContain("const Enabled = true");
  expect(texts.has(path.join(goroot, "src/internal/poll/maprace.go"))).toBe(true);
});

test("a hook that nobody answers", () => {
  const add = (text: string): string =>
    `${text}\nfunc raceteleport(from, to unsafe.Pointer) { throw("race") }\n`;
  withChanged("runtime/race0.go", add, () =>
    expect(adapt).toThrow(
      `${toolchain.version} has race hooks that this Maprace does not know: raceteleport(unsafe.Pointer, unsafe.Pointer). Update Maprace, or run with --mode go-race.`,
    ),
  );
});

test("a hook with other parameters", () => {
  const change = (text: string): string =>
    text.replace("func racefree(p unsafe.Pointer,", "func racefree(p uintptr,");
  withChanged("runtime/race0.go", change, () =>
    expect(adapt).toThrow(
      /does not know: racefree\(uintptr, uintptr\), which used to be racefree\(unsafe\.Pointer, uintptr\)\. Update Maprace/,
    ),
  );
});

test("code that reads otherwise", () => {
  const change = (text: string): string => text.replaceAll("racesync(c, sg)", "racesync2(c, sg)");
  withChanged("runtime/chan.go", change, () =>
    expect(adapt).toThrow(
      new RegExp(
        `^src/runtime/chan\\.go of ${toolchain.version} is not as Maprace knows it .* --mode go-race\\.$`,
      ),
    ),
  );
});

test("a Go without its source", () => {
  withChanged(
    "sync/pool.go",
    () => null,
    () =>
      expect(adapt).toThrow(
        `The Go at ${goroot} has no readable src/sync/pool.go. Install Go with its source files (https://go.dev/dl/).`,
      ),
  );
});

test.skipIf(process.platform === "win32").each([
  [
    "go1.21.13",
    "",
    /^Maprace needs Go 1\.22 or later, and this folder is built with go1\.21\.13\. Install a newer Go/,
  ],
  ["go1.26.1", "noswissmap", /^GOEXPERIMENT=noswissmap brings back an older map .* Unset it/],
])("%s %s", async (GOVERSION, GOEXPERIMENT, sentence) => {
  const go = path.join(folder, "go");
  writeFileSync(go, `#!/bin/sh\necho '${JSON.stringify({ GOROOT: goroot, GOVERSION, GOEXPERIMENT })}'\n`);
  chmodSync(go, 0o755);
  const request = { go, mode: "maps", cwd: folder, cacheDir: path.join(folder, "cache") } as const;
  await expect(prepareOverlay({ ...request, runtimeSources: RUNTIME_SOURCES })).rejects.toThrow(sentence);
});
