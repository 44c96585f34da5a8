/**
 * Finds Delve and starts it as a debug adapter that we speak to. Decides what a missing Delve is told like;
 * what is said to it is left to debugging.ts.
 */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { RunProblem } from "../run/problem.ts";
import { type ProcessTree, startProcessTree } from "../run/processTree.ts";
import { DapConnection } from "./connection.ts";

/** A running Delve. */
export interface Delve {
  readonly tree: ProcessTree;
  readonly connection: DapConnection;
}

/** The `dlv` command: on PATH, or where `go install` puts it. Throws a {@link RunProblem} when there is none. */
export function findDelve(env: NodeJS.ProcessEnv): string {
  const name = process.platform === "win32" ? "dlv.exe" : "dlv";
  const home = env.HOME ?? env.USERPROFILE ?? "";
  const folders = [
    ...(env.PATH ?? env.Path ?? "").split(path.delimiter),
    env.GOBIN ?? "",
    ...(env.GOPATH ?? path.join(home, "go")).split(path.delimiter).map((folder) => path.join(folder, "bin")),
  ];
  const found = folders
    .map((folder) => path.join(folder, name))
    .find((file) => path.isAbsolute(file) && existsSync(file));
  if (found !== undefined) return found;
  throw new RunProblem(
    'Stopping on a conflict needs Delve, which was not found. Install it (go install github.com/go-delve/delve/cmd/dlv@latest), or take "stopOnConflict" out of the launch configuration.',
  );
}

/** Starts Delve and connects to it. Rejects with a {@link RunProblem} when it does not come up. */
export async function startDelve(
  dlv: string,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  onEvent: (event: DebugProtocol.Event) => void,
  onClose: () => void,
): Promise<Delve> {
  const tree = startProcessTree(dlv, ["dap", "--listen=127.0.0.1:0"], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (cause?: unknown): void => {
      reject(
        new RunProblem(`Delve (${dlv}) did not start. Try \`dlv version\` in a terminal.`, said, { cause }),
      );
    };
    tree.child.stdout?.on("data", (data: Buffer) => {
      said += data.toString();
      const listening = /listening at: .*:(\d+)/.exec(said);
      if (listening) resolve(Number(listening[1]));
    });
    tree.child.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
    });
    tree.ended.then(() => fail(), fail);
  });
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return { tree, connection: new DapConnection(socket, onEvent, onClose) };
}
