/**
 * How long from a keystroke to diagnostics: types into a file through the built language server and measures.
 *
 *   node test/bench/typing.mjs FOLDER FILE [KEYSTROKES]
 *
 * Prints one JSON object: milliseconds from opening to the first diagnostics of the file, the median and 95th
 * percentile from `didChange` to the diagnostics of that version, the processor time that each took, and the server's
 * memory at the end. Reads /proc, so Linux only. Build first.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [folder = ".", file = "main.go", keystrokes = "40"] = process.argv.slice(2);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const server = spawn(process.execPath, [cli, "lsp"], { stdio: ["pipe", "pipe", "inherit"] });

/** @type {Map<string, (params: any) => void>} */
const waiting = new Map();
let received = Buffer.alloc(0);
server.stdout.on("data", (/** @type {Buffer} */ chunk) => {
  received = Buffer.concat([received, chunk]);
  for (;;) {
    const head = received.indexOf("\r\n\r\n");
    const length = Number(
      /Content-Length: (\d+)/.exec(received.toString("latin1", 0, Math.max(head, 0)))?.[1],
    );
    if (head < 0 || received.length < head + 4 + length) return;
    const message = JSON.parse(received.toString("utf8", head + 4, head + 4 + length));
    received = received.subarray(head + 4 + length);
    if (message.method === "client/registerCapability") send({ id: message.id, result: null });
    else if (message.method === "textDocument/publishDiagnostics") {
      waiting.get(`${message.params.uri} ${message.params.version}`)?.(message.params);
    } else if (message.id !== undefined) waiting.get(String(message.id))?.(message.result);
  }
});

/** @param {object} message */
function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** @param {string} key */
const arrival = (key) => new Promise((done) => waiting.set(key, done));

/** @param {number[]} times @param {number} share */
const quantile = (times, share) =>
  Math.round(
    [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0,
  );

/** Processor time that the server has used: what a busy machine does not change. */
function cpuMilliseconds() {
  const fields = readFileSync(`/proc/${server.pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const path = resolve(folder, file);
const uri = pathToFileURL(path).href;
const text = readFileSync(path, "utf8");
const workspaceFolders = [{ uri: pathToFileURL(resolve(folder)).href, name: folder }];
send({
  id: 1,
  method: "initialize",
  params: { processId: process.pid, rootUri: null, workspaceFolders, capabilities: {} },
});
await arrival("1");
const opened = performance.now();
send({ method: "initialized", params: {} });
send({
  method: "textDocument/didOpen",
  params: { textDocument: { uri, languageId: "go", version: 1, text } },
});
await arrival(`${uri} 1`);
const first = performance.now() - opened;

// The middle of the file: in the body of the function that is nearest to it, or at the end.
const lines = text.split("\n");
const middle = lines.findIndex((line, i) => i >= lines.length / 2 && /^\t\S.*[^{(,]$/.test(line));
const line = middle < 0 ? lines.length - 1 : middle + 1;
const word = "\t_ = 1 //";
const times = [];
const before = cpuMilliseconds();
for (let i = 0; i < Number(keystrokes); i++) {
  const version = i + 2;
  const character = i === 0 ? 0 : word.length + i - 1;
  const inserted = i === 0 ? `${word}\n` : "x";
  const at = { line, character };
  const done = arrival(`${uri} ${version}`);
  const start = performance.now();
  send({
    method: "textDocument/didChange",
    params: {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: at, end: at }, text: inserted }],
    },
  });
  await done;
  times.push(performance.now() - start);
}
const cpu = (cpuMilliseconds() - before) / times.length;
const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
const memory = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
console.log(
  JSON.stringify({
    file,
    lines: lines.length,
    firstMs: Math.round(first),
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    cpuMs: Math.round(cpu),
    memoryMb: Math.round(memory),
  }),
);
server.kill();
