/**
 * `maprace open unix:PATH`: listens at a socket for programs that were built to be watched and started elsewhere, in a
 * container or by another launcher. Decides what of a connection is a line, and when listening ends; what the
 * records mean together is the ledger's business.
 */
import { lstatSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { RunProblem } from "../server/run/problem.ts";

/** Milliseconds after which a connection that says nothing is given up: programs write a record and close. */
const SILENCE = 5000;

/**
 * Hands on every line that programs write to a socket, in the order in which they connected, until the user
 * interrupts (SIGINT or SIGTERM).
 * @param onListening is called when programs can connect.
 * @throws RunProblem when nobody can listen there.
 */
export async function listenAt(
  socket: string,
  onListening: () => void,
  onLine: (line: string) => void,
): Promise<void> {
  if (process.platform === "win32")
    throw new RunProblem("Windows has no such sockets. Have the program write to a file, and open that.");
  if (lstatSync(socket, { throwIfNoEntry: false }))
    throw new RunProblem(
      `${socket} is there already. Another maprace listens there, or one that was killed left it: end that, or delete the file.`,
    );
  let read: Promise<void> = Promise.resolve();
  const server = createServer((connection) => {
    connection.setTimeout(SILENCE, () => connection.destroy());
    const text = textOf(connection);
    read = read.then(async () => {
      for (const line of (await text).split("\n")) if (line.trim() !== "") onLine(line);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new RunProblem(
          `Nobody can listen at ${socket} (${cause.code}). Name a path in a folder that is yours.`,
          "",
          {
            cause,
          },
        ),
      ),
    );
    server.listen(socket, resolve);
  });
  onListening();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  // What has connected is read to its end; the file goes with the server.
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await read;
  rmSync(socket, { force: true });
}

/** All that a connection says until it ends; what was said when it breaks off is a damaged line. */
function textOf(connection: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  connection.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    connection.on("error", () => connection.destroy());
    connection.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}
