/**
 * A map race that a published module had, and its repair: github.com/sirupsen/logrus read a logger's hooks without
 * the lock that AddHook holds, until v1.8.1. Both versions are fetched when this runs; a driver of ours races them.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import type { CheckReport } from "../../src/protocol.ts";
import { buildWatched, runWatched, scratchFolder } from "../runtime/prepare.ts";
import { findingsIn } from "./checkOutput.ts";

// Fetching, and on a new machine the first build of the standard library.
vi.setConfig({ testTimeout: 300_000 });

const MODULE = "github.com/sirupsen/logrus";

const DRIVER = `package main

import (
	"io"
	"sync"
	"time"

	"${MODULE}"
)

// slow is a hook that takes its time, so that another one is added while the hooks are read.
type slow struct{}

func (slow) Levels() []logrus.Level { return logrus.AllLevels }
func (slow) Fire(*logrus.Entry) error {
	time.Sleep(200 * time.Millisecond)
	return nil
}

func main() {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(slow{})
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		logger.Info("hello")
	}()
	go func() {
		defer wg.Done()
		time.Sleep(50 * time.Millisecond)
		logger.AddHook(slow{})
	}()
	wg.Wait()
}
`;

/** The findings of `maprace check` in a module of the module cache. */
async function findings(version: string): Promise<CheckReport["findings"]> {
  const fetched = execFileSync("go", ["mod", "download", "-json", `${MODULE}@${version}`], {
    encoding: "utf8",
    cwd: path.parse(process.cwd()).root,
  });
  const { Dir } = JSON.parse(fetched) as { Dir: string };
  return findingsIn(Dir);
}

/** The conflicts of a program that logs while it adds a hook. */
async function conflicts(version: string): Promise<readonly string[]> {
  const { folder, remove } = scratchFolder();
  try {
    const program = path.join(folder, "driver");
    mkdirSync(program);
    writeFileSync(path.join(program, "main.go"), DRIVER);
    writeFileSync(path.join(program, "go.mod"), `module driver\n\ngo 1.22\n\nrequire ${MODULE} ${version}\n`);
    execFileSync("go", ["mod", "tidy"], { cwd: program, stdio: "ignore" });
    const binary = path.join(folder, "driver.bin");
    await buildWatched(program, binary, { cacheDir: path.join(folder, "cache") });
    const run = runWatched(binary, [], path.join(folder, "stream"));
    expect(run.process.status).toBe(0);
    expect(run.records[0]?.type).toBe("start");
    return run.conflicts.map((conflict) =>
      conflict.accesses
        .map(({ kind, stack }) => `${kind} in ${stack[0]?.function.replace(`${MODULE}.`, "")}`)
        .sort()
        .join(", "),
    );
  } finally {
    remove();
  }
}

test("the version with the race is found and proved", async () => {
  const places = (await findings("v1.8.0"))
    .filter((finding) => finding.map.name === "Logger.Hooks")
    .flatMap((finding) => finding.accesses.map(({ file, line }) => `${file}:${line}`));
  expect(places).toContain("hooks.go:20");
  expect(await conflicts("v1.8.0")).toContain("read in LevelHooks.Fire, write in LevelHooks.Add");
});

test("its repair is left alone", async () => {
  const hooks = (await findings("v1.8.1")).filter((finding) => finding.map.name === "Logger.Hooks");
  expect(hooks).toEqual([]);
  expect(await conflicts("v1.8.1")).toEqual([]);
});
