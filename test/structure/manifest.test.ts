/** package.json promises to VS Code what the code keeps: commands, settings, launch attributes, help and walkthrough pages. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository, sourceFiles } from "./sourceFiles.ts";

const read = (file: string): string => readFileSync(join(repository, file), "utf8");
const manifest = JSON.parse(read("package.json"));
const { commands, configuration, debuggers, menus, walkthroughs } = manifest.contributes;
const client = sourceFiles(["src/client"], [".ts"]).map(read).join("\n");
const protocol = read("src/protocol.ts");

describe("manifest", () => {
  test("every command is named in the client, or in the protocol", () => {
    const names: string[] = commands.map((entry: { command: string }) => entry.command);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !`${client}${protocol}`.includes(`"${name}"`))).toEqual([]);
  });

  test("menus name commands that exist", () => {
    const names = new Set(commands.map((entry: { command: string }) => entry.command));
    const used = Object.values(menus).flat() as { command: string }[];
    expect(used.filter(({ command }) => !names.has(command))).toEqual([]);
  });

  test("what starts a program needs a trusted workspace", () => {
    for (const { command, enablement } of commands) {
      if (["maprace.run", "maprace.test"].includes(command)) expect(enablement).toBe("isWorkspaceTrusted");
    }
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe("limited");
  });

  test("a setting that names a program cannot be set by a workspace", () => {
    expect(configuration.properties["maprace.go"].scope).toBe("machine");
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain("maprace.go");
  });

  test("every setting is read by the client", () => {
    const names = Object.keys(configuration.properties).map((name) => name.replace("maprace.", ""));
    expect(
      names.filter((name) => !client.includes(`("${name}", `) && !client.includes(`>("${name}"`)),
    ).toEqual([]);
  });

  test("launch attributes are those of LaunchConfiguration, without the unsaved buffers that the client fills in", () => {
    const fields = /interface LaunchConfiguration \{([\s\S]*?)\n\}/.exec(protocol)?.[1] ?? "";
    const declared = [...fields.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1]);
    const offered = Object.keys(debuggers[0].configurationAttributes.launch.properties);
    expect(offered.sort()).toEqual(declared.filter((name) => name !== "unsaved").sort());
  });

  test("pages that the manifest names exist", () => {
    const pages = walkthroughs.flatMap((walkthrough: { steps: { media: { markdown: string } }[] }) =>
      walkthrough.steps.map(({ media }) => media.markdown),
    );
    expect([...pages, manifest.icon].filter((file) => !existsSync(join(repository, file)))).toEqual([]);
  });

  test("every rule has its help page", () => {
    const codes = [...read("src/server/core/finding.ts").matchAll(/^\s*\| "([a-z]+(?:-[a-z]+)+)"/gm)].map(
      (match) => match[1],
    );
    expect(codes).toContain("unsynchronized-map");
    expect(codes.filter((code) => !existsSync(join(repository, `media/help/${code}.md`)))).toEqual([]);
  });
});
