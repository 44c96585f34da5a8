/**
 * Starts a process as the head of a tree that can be interrupted and ended as a whole, and ends every
 * tree that is still alive when our own process exits. Decides how signals reach the tree on each platform;
 * what the processes do and print is left to others.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";

/** How the head of a tree ended: its exit status, or the signal that ended it. */
export interface ProcessEnd {
  /** The exit status as a shell counts it: 128 + signal number when a signal ended the process. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
}

/** A running process with everything that it started. */
export interface ProcessTree {
  readonly child: ChildProcess;
  /** Settles when the head has ended; rejects when it could not be started. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks the whole tree to end, as Ctrl-C does. */
  interrupt(signal?: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  /** Ends the whole tree at once, members that outlived the head included. */
  kill(): void;
  /** Gives up the care for a tree that has ended by itself, so that its id, used again, is never signalled. */
  forget(): void;
}

const onWindows = process.platform === "win32";
const alive = new Set<ProcessTree>();

// A crash or process.exit of ours must not leave the user's servers behind, holding their ports.
process.on("exit", () => {
  for (const tree of alive) tree.kill();
});

/**
 * Starts `command` at the head of its own process group (on Windows: in our console, where Ctrl-C reaches
 * all and `taskkill /T` walks the tree).
 *
 * @returns at once; a command that does not exist shows in `ended`, as a rejection with Node's `code`.
 */
export function startProcessTree(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "env" | "stdio"> & { readonly cwd?: string },
): ProcessTree {
  // As a shell does: PWD keeps the folder as it is spelled, and Go believes it where a symbolic link leads there.
  const env = options.cwd === undefined ? options.env : { ...(options.env ?? process.env), PWD: options.cwd };
  const child = spawn(command, args, { ...options, env, detached: !onWindows, windowsHide: true });
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once("error", (error) => {
      // "error" also tells of a signal that could not be sent; only a failed start has no pid.
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (code, signal) => {
      resolve({ exitCode: signal ? 128 + constants.signals[signal] : (code ?? 0), signal });
    });
  });
  const tree: ProcessTree = {
    child,
    ended,
    interrupt: (signal = "SIGINT") => {
      // On Windows the console has delivered Ctrl-C already; there is no other way to ask politely.
      if (onWindows) return;
      signalGroup(child, signal);
    },
    kill: () => {
      alive.delete(tree);
      if (onWindows) {
        if (child.pid !== undefined && child.exitCode === null) {
          spawnSync("taskkill", ["/pid", String(child.pid), "/T", "/F"], { windowsHide: true });
        }
        return;
      }
      signalGroup(child, "SIGKILL");
    },
    forget: () => {
      alive.delete(tree);
    },
  };
  alive.add(tree);
  return tree;
}

/** Signals the process group that `child` heads; a group that has ended by itself is no error. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EPERM: all that is left of the group are zombies or processes of another user (macOS says so).
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
