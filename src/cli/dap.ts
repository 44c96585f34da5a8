/** `maprace dap`: the debug adapter on stdin and stdout, for editors other than VS Code. */
import path from "node:path";
import { MapraceDebugSession } from "../server/dap/adapter.ts";

/** Serves until the client goes away. @returns the exit status. */
export async function run(_argv: string[], assets: string): Promise<number> {
  const session = new MapraceDebugSession(path.join(assets, "runtime"));
  const closed = new Promise<void>((resolve) => {
    process.stdin.once("close", resolve);
    process.once("SIGTERM", resolve);
  });
  session.start(process.stdin, process.stdout);
  await closed;
  return 0;
}
