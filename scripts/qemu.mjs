/** QEMU's user mode, which runs Linux programs for other processors: installs it, and says which there are. */
import { existsSync } from "node:fs";
import { installSystemPackages } from "./system-packages.mjs";

/**
 * @returns {Promise<string>} what the commands' paths begin with; the name of a processor and "-static" follow
 * @throws {Error} that says how to install it by hand
 */
export async function installQemu() {
  const prefix = "/usr/bin/qemu-";
  const found = () => existsSync(`${prefix}aarch64-static`);
  if (!found()) await installSystemPackages(["qemu-user-static"]);
  if (!found()) throw new Error(`QEMU is installed, but ${prefix}aarch64-static is not there.`);
  return prefix;
}
