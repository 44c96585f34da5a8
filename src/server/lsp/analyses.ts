/**
 * One core per program of the workspace, and the current snapshot of each.
 *
 * A snapshot is good until the next update of its core: use it at once, never across an `await`.
 */
import type { Core, Snapshot } from "../core/core.ts";
import type { LanguageProgram, LanguageWorkspace } from "./languageWorkspace.ts";

interface Analysed {
  readonly core: Core;
  source: LanguageProgram["source"] | null;
  snapshot: Snapshot | null;
}

export class Analyses {
  readonly #workspace: LanguageWorkspace;
  readonly #createCore: () => Promise<Core>;
  readonly #analysed = new Map<string, Analysed>();

  constructor(workspace: LanguageWorkspace, createCore: () => Promise<Core>) {
    this.#workspace = workspace;
    this.#createCore = createCore;
  }

  /** The current snapshot of the program that a file belongs to; null where none does. `path` as programs know it. */
  async snapshotOf(path: string): Promise<Snapshot | null> {
    for (;;) {
      const program = this.#workspace.programOf(path);
      if (program === null) {
        return null;
      }
      const analysed = this.#analysed.get(program.root);
      if (analysed !== undefined) {
        return update(analysed, program);
      }
      await this.#addCore(program.root);
    }
  }

  /** The folders that programs are built from; ask {@link snapshotIn} for each. Programs that went are forgotten. */
  roots(): readonly string[] {
    const roots = this.#workspace.programs().map((program) => program.root);
    for (const [root, { core }] of this.#analysed) {
      if (!roots.includes(root)) {
        core.dispose();
        this.#analysed.delete(root);
      }
    }
    return roots;
  }

  /** The current snapshot of the program built from `root`; null where it is gone. */
  async snapshotIn(root: string): Promise<Snapshot | null> {
    if (!this.#analysed.has(root)) {
      await this.#addCore(root);
    }
    const program = this.#workspace.programs().find((one) => one.root === root);
    const analysed = this.#analysed.get(root);
    return program === undefined || analysed === undefined ? null : update(analysed, program);
  }

  dispose(): void {
    for (const { core } of this.#analysed.values()) {
      core.dispose();
    }
    this.#analysed.clear();
  }

  async #addCore(root: string): Promise<void> {
    const core = await this.#createCore();
    if (this.#analysed.has(root)) {
      core.dispose();
    } else {
      this.#analysed.set(root, { core, source: null, snapshot: null });
    }
  }
}

function update(analysed: Analysed, program: LanguageProgram): Snapshot {
  if (analysed.snapshot === null || analysed.source !== program.source) {
    analysed.snapshot = analysed.core.update(program.source);
    analysed.source = program.source;
  }
  return analysed.snapshot;
}
