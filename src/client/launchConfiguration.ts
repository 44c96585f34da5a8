/**
 * Completes launch configurations of type `maprace`: what a user left out, the settings, and the unsaved buffers.
 * Building and running is decided by the debug adapter.
 */
import { dirname } from "node:path";
import * as vscode from "vscode";
import type { LaunchConfiguration, RunMode } from "../protocol.ts";
import { DEBUG_TYPE } from "../protocol.ts";
import { fromGoConfiguration } from "./goConfiguration.ts";

/** Registers the completion of launch.json, of F5 without one, and of the configurations that VS Code offers. */
export function registerLaunchConfigurations(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, {
      resolveDebugConfiguration: (_folder, configuration) => withDefaults(configuration),
      resolveDebugConfigurationWithSubstitutedVariables: (folder, configuration) => ({
        ...configuration,
        ...fromEditor(folder, configuration),
      }),
    }),
    vscode.debug.registerDebugConfigurationProvider("go", {
      resolveDebugConfiguration: (_folder, configuration) => withDetection(configuration),
    }),
    vscode.debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      { provideDebugConfigurations: () => [configurationFor("program"), configurationFor("test")] },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
  );
}

/** The launch configuration that runs the package in `program`: its program, or its tests (one test when `testName` is given). */
export function configurationFor(
  target: "program" | "test",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code puts the active file's folder in its place.
  program = "${fileDirname}",
  testName?: string,
): vscode.DebugConfiguration {
  return {
    type: DEBUG_TYPE,
    request: "launch",
    name: target === "test" ? "Test with Race Detection" : "Run with Race Detection",
    program,
    target,
    ...(testName === undefined ? {} : { args: ["-test.run", `^${testName}$`] }),
  };
}

/** A Go configuration with `"maprace": true` becomes ours; every other one stays the Go extension's. */
function withDetection(configuration: vscode.DebugConfiguration): vscode.DebugConfiguration | undefined {
  try {
    return (fromGoConfiguration(configuration) as vscode.DebugConfiguration | undefined) ?? configuration;
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Fills what F5 without a launch.json, or a half-written entry, leaves out. */
function withDefaults(configuration: vscode.DebugConfiguration): vscode.DebugConfiguration | undefined {
  if (!vscode.workspace.isTrusted) {
    void vscode.window
      .showWarningMessage(
        "Maprace builds and runs programs in trusted workspaces only. Trust this workspace, then run again.",
        "Manage Workspace Trust",
      )
      .then((choice) => {
        if (choice !== undefined) void vscode.commands.executeCommand("workbench.trust.manage");
      });
    return undefined;
  }
  const isTest = vscode.window.activeTextEditor?.document.fileName.endsWith("_test.go") ?? false;
  const defaults = configurationFor(configuration.target ?? (isTest ? "test" : "program"));
  return { ...defaults, ...configuration, type: DEBUG_TYPE, request: configuration.request || "launch" };
}

/** What only the editor knows: settings, and the text of Go files that are not saved yet. */
function fromEditor(
  folder: vscode.WorkspaceFolder | undefined,
  configuration: vscode.DebugConfiguration,
): Partial<LaunchConfiguration> {
  const program: unknown = configuration.program;
  const scope = typeof program === "string" ? vscode.Uri.file(program) : folder?.uri;
  const settings = vscode.workspace.getConfiguration("maprace", scope);
  const go = settings.get<string>("go", "");
  return {
    ...(typeof program === "string" && program.endsWith(".go") ? { program: dirname(program) } : {}),
    mode: configuration.mode ?? settings.get<RunMode>("runMode", "maps"),
    ...(configuration.go === undefined && go !== "" ? { go } : {}),
    unsaved: unsavedFiles(),
  };
}

/** Unsaved buffers that the `go` command would read from disk: absolute path to text. */
function unsavedFiles(): Record<string, string> {
  const unsaved: Record<string, string> = {};
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || document.uri.scheme !== "file") continue;
    if (/\.go$|[\\/]go\.(mod|work|sum)$/.test(document.fileName))
      unsaved[document.fileName] = document.getText();
  }
  return unsaved;
}
