/** The debug adapter as a process of its own, speaking on stdin and stdout; its Go sources lie beside it. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MapraceDebugSession } from "./adapter.ts";

const assets = path.dirname(fileURLToPath(import.meta.url));
const session = new MapraceDebugSession(path.join(assets, "runtime"));
process.on("SIGTERM", () => session.shutdown());
session.start(process.stdin, process.stdout);
