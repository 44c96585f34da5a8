/** Tells VS Code how to start the debug adapter: with the Node that runs this extension, in a process of its own. */
import * as vscode from "vscode";
import { DEBUG_TYPE } from "../protocol.ts";

/** Registers the adapter for debug type `maprace`. */
export function registerDebugAdapter(context: vscode.ExtensionContext): vscode.Disposable {
  const adapter = context.asAbsolutePath("dist/adapter.js");
  return vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, {
    createDebugAdapterDescriptor: () =>
      // On the desktop process.execPath is VS Code itself, which is a plain Node only when told so.
      new vscode.DebugAdapterExecutable(process.execPath, [adapter], { env: { ELECTRON_RUN_AS_NODE: "1" } }),
  });
}
