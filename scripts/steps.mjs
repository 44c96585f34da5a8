/**
 * Long steps that a person waits for: says what is being done, that it is still being done, and how long it took.
 * Decides nothing about what the steps are. Needs no package, because it runs before any is installed.
 */
import { spawn } from "node:child_process";

const HEARTBEAT_MS = 15_000;
const TAIL_LINES = 60;

/**
 * Runs `work`, telling on stderr when it starts, every 15 seconds, and when it ends.
 * @template T
 * @param {string} what in words, as a person would say it: "Installing npm packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} what `work` returns; its error passes through
 */
export async function step(what, work) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  console.error(`» ${what} …`);
  const heartbeat = setInterval(() => console.error(`  … ${what}: ${seconds()}`), HEARTBEAT_MS);
  try {
    const result = await work();
    console.error(`✓ ${what} (${seconds()})`);
    return result;
  } catch (error) {
    console.error(`✗ ${what} (${seconds()})`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Runs a script's main work; an error ends the process with status 1 and the error's own words.
 * @param {() => Promise<void>} work
 */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Error && process.env.DEBUG === undefined ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Runs a command quietly; its output is kept and shown only when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} standard output
 * @throws {Error} with the last lines of output when the command cannot start or exits with another status than 0
 */
export function quietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      shell: needsShell(command),
    });
    let output = "";
    let all = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      all += chunk;
    });
    child.stderr.on("data", (chunk) => {
      all += chunk;
    });
    child.on("error", (cause) =>
      reject(new Error(`Could not start ${command}: ${cause.message}`, { cause })),
    );
    child.on("close", (code, signal) => {
      if (code === 0) {
        resolve(output);
        return;
      }
      const tail = all.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
      const status = signal === null ? `exit status ${code}` : `signal ${signal}`;
      reject(new Error(`${command} ${args.join(" ")} failed (${status}).\n${tail}`));
    });
  });
}

/**
 * Runs a command with the terminal as its output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit status; 1 when a signal ended it
 * @throws {Error} when the command cannot start
 */
export function showing(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit", shell: needsShell(command) });
    child.on("error", (cause) =>
      reject(new Error(`Could not start ${command}: ${cause.message}`, { cause })),
    );
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * On Windows `npm` and `code` are batch files, which only a shell can start.
 * @param {string} command
 */
function needsShell(command) {
  return process.platform === "win32" && !command.endsWith(".exe") && command !== process.execPath;
}
