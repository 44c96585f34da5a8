/** Finds the programs of a workspace: folders with a Go file that is `package main` and has a `func main`. */
import { dirname } from "node:path";
import * as vscode from "vscode";

/** More files than this are not looked at: the user can open the program's file instead. */
const MAX_FILES = 5000;

/** The folders of the workspace's programs, absolute and sorted. */
export async function findMainPackages(): Promise<readonly string[]> {
  const files = await vscode.workspace.findFiles(
    "**/*.go",
    "**/{vendor,testdata,node_modules}/**",
    MAX_FILES,
  );
  const folders = new Set<string>();
  const decoder = new TextDecoder();
  await Promise.all(
    files.map(async (file) => {
      const text = decoder.decode(await vscode.workspace.fs.readFile(file));
      if (/^package[ \t]+main\b/m.test(text) && /^func main\(\)/m.test(text))
        folders.add(dirname(file.fsPath));
    }),
  );
  return [...folders].sort();
}
