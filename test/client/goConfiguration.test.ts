/** Launch configurations of the Go extension that ask for race detection. */
import { expect, test } from "vitest";
import { fromGoConfiguration } from "../../src/client/goConfiguration.ts";

const plain = { type: "go", request: "launch", name: "Shop", mode: "auto", program: "/shop", maprace: true };

test("a configuration that does not ask for detection is left alone", () => {
  expect(fromGoConfiguration({ ...plain, maprace: undefined })).toBeUndefined();
  expect(fromGoConfiguration({ ...plain, maprace: false })).toBeUndefined();
});

test("program, arguments and environment mean the same; what only Delve knows is left out", () => {
  const args = ["-v"];
  const env = { HOME: "/nowhere" };
  expect(fromGoConfiguration({ ...plain, args, env, dlvFlags: ["--check-go-version=false"] })).toEqual({
    type: "maprace",
    request: "launch",
    name: "Shop",
    program: "/shop",
    args,
    env,
    target: "program",
  });
});

test("mode test runs the package's tests", () => {
  expect(fromGoConfiguration({ ...plain, mode: "test" })).toMatchObject({ target: "test" });
});

test("build flags come as a list, or as one text with quotes", () => {
  const flags = (buildFlags: unknown) => fromGoConfiguration({ ...plain, buildFlags })?.buildFlags;
  expect(flags(["-tags", "a b"])).toEqual(["-tags", "a b"]);
  expect(flags(`-tags='a b' -ldflags "-X main.version=1" -v`)).toEqual([
    "-tags=a b",
    "-ldflags",
    "-X main.version=1",
    "-v",
  ]);
});

test("what is not built cannot be watched", () => {
  expect(() => fromGoConfiguration({ ...plain, request: "attach" })).toThrow(/"request": "launch"/);
  expect(() => fromGoConfiguration({ ...plain, mode: "exec" })).toThrow(/"mode": "auto"/);
});
