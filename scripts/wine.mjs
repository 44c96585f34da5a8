/** Wine, which runs programs for Windows on Linux: installs it, and says where it lies. */
import { existsSync } from "node:fs";
import { installSystemPackages } from "./system-packages.mjs";

/**
 * @returns {Promise<string>} the path of the command
 * @throws {Error} that says how to install it by hand
 */
export async function installWine() {
  const places = ["/usr/bin/wine64", "/usr/lib/wine/wine64"];
  const found = () => places.find((place) => existsSync(place));
  if (found() === undefined) await installSystemPackages(["wine64"]);
  const wine = found();
  if (wine === undefined) throw new Error(`Wine is installed, but in none of ${places.join(", ")}.`);
  return wine;
}
