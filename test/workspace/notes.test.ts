import { describe, expect, it } from "vitest";
import { type BuildFacts, makeNotes, type WorkspaceFacts } from "../../src/server/workspace/notes.ts";

const build: BuildFacts = {
  root: "/w",
  kind: "module",
  notFound: new Map(),
  missingModules: [],
  failure: null,
};
const well: WorkspaceFacts = {
  trusted: true,
  hasGoroot: true,
  hasGoCommand: true,
  goEnvFailure: null,
  builds: [build],
  cutOff: [],
  cacheFailure: null,
};

describe("makeNotes", () => {
  it("says nothing when all is well", () => {
    expect(makeNotes(well)).toEqual([]);
  });

  it.each<[string, Partial<WorkspaceFacts>, RegExp]>([
    ["without Go", { hasGoroot: false }, /No Go installation.*Install Go/],
    ["without trust", { trusted: false }, /not trusted.*Trust the workspace/],
    ["without the command", { hasGoCommand: false }, /No `go` command.*Put `go` on PATH/],
    ["when go env fails", { goEnvFailure: "bad GOFLAGS" }, /`go env` failed: bad GOFLAGS.*run `go env`/],
    [
      "when nothing can be kept",
      { cacheFailure: { storage: "/s", reason: "ENOSPC: no space left on device" } },
      /kept in \/s \(ENOSPC.*Free space/,
    ],
    ["when folders are too many", { cutOff: ["/"] }, /too many folders.*Open the folder of your module/],
  ])("says what to do %s", (_, facts, sentence) => {
    const notes = makeNotes({ ...well, ...facts });
    expect(notes).toHaveLength(1);
    expect(notes[0]?.message).toMatch(sentence);
  });

  it.each<[string, Partial<BuildFacts>, RegExp]>([
    [
      "when go list fails",
      { failure: "go.mod requires go >= 1.99" },
      /failed in \/w: go\.mod requires.*run `go list/,
    ],
    ["without go.mod", { kind: "loose" }, /no go\.mod.*go mod init/],
    [
      "when a module is not downloaded",
      { missingModules: ["a@v1", "b@v1"] },
      /^a@v1 \(and 1 more\).*go mod download/,
    ],
    [
      "when a package is required nowhere",
      { notFound: new Map([["x.com/y", "no required module provides package x.com/y"]]) },
      /^x\.com\/y is in no module.*go mod tidy/,
    ],
  ])("says what to do %s", (_, facts, sentence) => {
    const notes = makeNotes({ ...well, builds: [{ ...build, ...facts }] });
    expect(notes).toHaveLength(1);
    expect(notes[0]?.message).toMatch(sentence);
  });
});
