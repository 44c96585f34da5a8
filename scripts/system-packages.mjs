/** Debian packages that tests need. Needs no package of npm, because it runs before any is installed. */
import { quietly, step } from "./steps.mjs";

/**
 * Installs the Debian packages of `names` that are missing.
 * @param {readonly string[]} names
 * @throws {Error} that says how to install them by hand
 */
export async function installSystemPackages(names) {
  /** @type {string[]} */
  const missing = [];
  for (const name of names) {
    try {
      const status = await quietly("dpkg", ["-s", name]);
      if (!status.includes("install ok installed")) missing.push(name);
    } catch {
      missing.push(name); // dpkg fails for a package that it has never heard of.
    }
  }
  if (missing.length === 0) return;
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const command = process.getuid?.() === 0 ? "env" : "sudo";
  const words = process.getuid?.() === 0 ? apt.slice(1) : ["-n", ...apt];
  try {
    await step(`Installing system packages: ${missing.join(", ")}`, async () => {
      await quietly(command, [...words, "update"]);
      await quietly(command, [...words, "install", "-y", "--no-install-recommends", ...missing]);
    });
  } catch (cause) {
    throw new Error(
      `These system packages are needed and could not be installed: ${missing.join(" ")}. ` +
        `Run \`sudo apt-get install ${missing.join(" ")}\` (or your system's equal) and try again.\n${String(cause)}`,
      { cause },
    );
  }
}
