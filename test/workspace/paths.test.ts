import { expect, it } from "vitest";
import {
  folderOf,
  isWithin,
  pathKey,
  relativeTo,
  toSlash,
  upwards,
} from "../../src/server/workspace/paths.ts";

it("takes drive letters for the same in either case", () => {
  expect(pathKey("C:/Work/a.go")).toBe(pathKey("c:/Work/a.go"));
  expect(pathKey("C:/Work/a.go")).not.toBe(pathKey("C:/work/a.go"));
  expect(isWithin("c:/Work/m/a.go", "C:/Work")).toBe(true);
  expect(relativeTo("c:/Work/m/a.go", "C:/Work")).toBe("m/a.go");
});

it("knows what lies in a folder from what merely starts like it", () => {
  expect(isWithin("/w/a", "/w")).toBe(true);
  expect(isWithin("/w", "/w")).toBe(true);
  expect(isWithin("/work/a", "/w")).toBe(false);
  expect(isWithin("/w/a", "/")).toBe(true);
});

it("goes up to the root, and no further", () => {
  expect(upwards("/a/b")).toEqual(["/a/b", "/a", "/"]);
  expect(upwards("c:/a/b")).toEqual(["c:/a/b", "c:/a", "c:"]);
  expect(folderOf("/a")).toBe("/");
});

it("writes the separators of Windows as slashes", () => {
  expect(toSlash("C:\\a\\b.go")).toBe("C:/a/b.go");
  expect(toSlash("/odd\\name.go")).toBe(process.platform === "win32" ? "/odd/name.go" : "/odd\\name.go");
});
