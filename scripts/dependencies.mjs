/**
 * Makes a checkout ready: installs the npm packages of the lock file when they are missing or older than it.
 * Needs no package itself, so that every command of this repository works on a fresh clone.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quietly, step } from "./steps.mjs";

/** The folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs what package-lock.json names, unless exactly that is already installed. */
export async function installDependencies() {
  const modules = join(root, "node_modules");
  const stamp = join(modules, ".maprace-lock-sha256");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  if (!(await installedAsLocked())) {
    // `npm ci` would empty a node_modules that something may be running from; it is for a fresh checkout.
    const install = existsSync(modules) ? ["install", "--no-save"] : ["ci"];
    await step("Installing npm packages", () =>
      quietly("npm", [...install, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root }),
    );
  }
  writeFileSync(stamp, wanted);
}

/** Whether somebody's own `npm install` already put there what the lock file names. */
async function installedAsLocked() {
  if (!existsSync(join(root, "node_modules", ".package-lock.json"))) return false;
  try {
    await quietly("npm", ["ls", "--all"], { cwd: root });
  } catch {
    return false; // `npm ls` fails exactly when a package is missing or of another version.
  }
  return true;
}
