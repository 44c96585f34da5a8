/**
 * What the language server asks of the workspace that is handed to it: a file system's in Node, memory's in a
 * browser or a test.
 */
import type { ProgramSource } from "../core/core.ts";

/** One program: the packages that are built together. */
export interface LanguageProgram {
  /** Tells programs apart; the folder that the program is built from. */
  readonly root: string;
  readonly source: ProgramSource;
}

export interface LanguageWorkspace {
  /** All programs as they are now; `source` is the same object while nothing changed. */
  programs(): readonly LanguageProgram[];
  /** The program that takes a file in, or null. */
  programOf(path: string): LanguageProgram | null;
  /** What the user should know about how the workspace was read; each a sentence with a next step. */
  notes(): readonly { readonly level: "info" | "warning"; readonly message: string }[];
  setFolders(folders: readonly string[]): void;
  setTrusted(trusted: boolean): void;
  /** Another `go` command to ask; "" for the one on PATH. */
  setGo(go: string): void;
  setBuffer(path: string, text: string): void;
  closeBuffer(path: string): void;
  filesChanged(paths: readonly string[]): void;
  /** Folders came, went or were renamed. */
  foldersChanged(): void;
  /** The path that programs know an opened file by: symbolic links, drive letters. */
  pathInProgram(path: string): string;
  dispose(): void;
}

/** What a workspace is made with. */
export interface LanguageWorkspaceOptions {
  readonly folders: readonly string[];
  readonly trusted: boolean;
  /** The `go` command that the user named; "" for the one on PATH. */
  readonly go: string;
  /** A folder to keep things in from one start to the next, where the client named one. */
  readonly storage: string | null;
  /** To be called when programs or notes changed by themselves. */
  readonly onChange: () => void;
}
