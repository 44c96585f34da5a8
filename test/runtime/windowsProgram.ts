/** Runs watched programs for Windows under Wine, in a place of their own. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readStream, type WatchedRun } from "./prepare.ts";

/** A Windows, as far as programs without windows see it. */
export class WindowsPlace {
  private readonly env: NodeJS.ProcessEnv;

  /**
   * @param wine the command.
   * @param folder an empty one; all files are in it.
   */
  constructor(
    private readonly wine: string,
    private readonly folder: string,
  ) {
    const prefix = path.join(folder, "windows");
    this.env = { WINEPREFIX: prefix, WINEDEBUG: "-all", DISPLAY: "" };
    const { status, error } = spawnSync(wine, ["wineboot", "-i"], {
      env: { ...process.env, ...this.env },
      stdio: "ignore",
      timeout: 120_000,
    });
    const system = path.join(prefix, "drive_c/windows/system32");
    if (!existsSync(system)) throw new Error(`Wine made no system: exit status ${status}, ${error}.`);
    // Go asks it for random numbers, and Wine has it since version 9 only.
    const missing = path.join(system, "bcryptprimitives.dll");
    if (!existsSync(missing)) {
      const library = forwardingLibrary("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036");
      writeFileSync(missing, library);
    }
  }

  /** Runs a program to its end and reads its stream. */
  run(program: string, args: readonly string[]): WatchedRun {
    const [stream, stdout, stderr] = ["stream.jsonl", "stdout", "stderr"].map((name) =>
      path.join(this.folder, name),
    ) as [string, string, string];
    rmSync(stream, { force: true });
    // Services that Wine starts with a program would keep pipes open for seconds after it has ended.
    const outputs = [openSync(stdout, "w"), openSync(stderr, "w")] as const;
    const ended = spawnSync(this.wine, [program, ...args], {
      env: { ...process.env, ...this.env, MAPRACE_STREAM: `Z:${stream.replaceAll("/", "\\")}` },
      stdio: ["ignore", ...outputs],
      encoding: "utf8",
      timeout: 120_000,
    });
    for (const output of outputs) closeSync(output);
    const said = { stdout: readFileSync(stdout, "utf8"), stderr: readFileSync(stderr, "utf8") };
    return { process: { ...ended, ...said }, ...readStream(stream) };
  }

  /** Ends the services that Wine keeps for this place. */
  end(): void {
    const server = ["/usr/bin/wineserver", "/usr/lib/wine/wineserver"].find(existsSync);
    if (server !== undefined)
      spawnSync(server, ["-k"], { env: { ...process.env, ...this.env }, stdio: "ignore" });
  }
}

/** A library for Windows (PE32+, x86-64) whose one function is another library's: it holds its list of exports alone. */
function forwardingLibrary(name: string, exported: string, target: string): Buffer {
  const [ALIGN, PAGE] = [0x200, 0x1000];
  const names = [name, exported, target].map((text) => `${text}\0`);
  // The directory, one address, one name, one number, then the texts.
  const textAt = (index: number): number => PAGE + 40 + 4 + 4 + 2 + names.slice(0, index).join("").length;
  const size = textAt(names.length) - PAGE;
  const file = Buffer.alloc(2 * ALIGN);
  let at = 0;
  const put = (...values: readonly [bytes: 1 | 2 | 4 | 8, value: number][]): void => {
    for (const [bytes, value] of values) {
      if (bytes === 8) file.writeBigUInt64LE(BigInt(value), at);
      else file.writeUIntLE(value, at, bytes);
      at += bytes;
    }
  };
  file.write("MZ");
  file.writeUInt32LE(64, 60);
  file.write("PE", 64);
  at = 68;
  // The machine, one section, the size of the optional header, and that this is a library.
  put([2, 0x8664], [2, 1], [4, 0], [4, 0], [4, 0], [2, 240], [2, 0x2022]);
  // PE32+, sizes of code and data, no entry, where it would like to lie.
  put(
    [2, 0x20b],
    [2, 0],
    [4, 0],
    [4, ALIGN],
    [4, 0],
    [4, 0],
    [4, PAGE],
    [8, 0x180000000],
    [4, PAGE],
    [4, ALIGN],
  );
  // Versions of the system, of the image and of the subsystem.
  put([2, 6], [2, 0], [2, 0], [2, 0], [2, 6], [2, 0], [4, 0]);
  // Sizes of the image and its headers, the console's subsystem, stack and heap.
  put([4, 2 * PAGE], [4, ALIGN], [4, 0], [2, 3], [2, 0x100]);
  put([8, 0x100000], [8, 0x1000], [8, 0x100000], [8, 0x1000], [4, 0], [4, 16], [4, PAGE], [4, size]);
  at += 15 * 8;
  file.write(".rdata", at);
  at += 8;
  put([4, size], [4, PAGE], [4, ALIGN], [4, ALIGN], [4, 0], [4, 0], [4, 0], [4, 0x40000040]);
  at = ALIGN;
  put(
    [4, 0],
    [4, 0],
    [4, 0],
    [4, textAt(0)],
    [4, 1],
    [4, 1],
    [4, 1],
    [4, PAGE + 40],
    [4, PAGE + 44],
    [4, PAGE + 48],
  );
  put([4, textAt(2)], [4, textAt(1)], [2, 0]);
  file.write(names.join(""), at, "latin1");
  return file;
}
