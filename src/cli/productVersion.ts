/** The version of the product, from the manifest that lies beside the bundles' folder. */
import { readFileSync } from "node:fs";

/** "0.1.0". `assets` is the folder of the bundles. */
export function productVersion(assets: string): string {
  const manifest = JSON.parse(readFileSync(`${assets}/../package.json`, "utf8")) as { version: string };
  return manifest.version;
}
