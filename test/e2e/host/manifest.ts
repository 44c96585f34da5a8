/** The extension as VS Code sees it: it activates, and every command that it promises exists. */
import assert from "node:assert/strict";
import * as vscode from "vscode";

export function manifestSuite(): void {
  suite("manifest", () => {
    test("the extension activates on a Go file", async () => {
      const extension = vscode.extensions.getExtension("maprace.maprace");
      assert.ok(extension, "not installed");
      await extension.activate();
      assert.ok(extension.isActive);
    });

    test("every command of the manifest is registered", async () => {
      const manifest = vscode.extensions.getExtension("maprace.maprace")?.packageJSON;
      const promised: string[] = manifest.contributes.commands.map(
        (entry: { command: string }) => entry.command,
      );
      const registered = new Set(await vscode.commands.getCommands(true));
      assert.deepEqual(
        promised.filter((command) => !registered.has(command)),
        [],
      );
    });
  });
}
