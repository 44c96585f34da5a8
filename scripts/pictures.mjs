/** Puts the pictures that the last run of the editor tests made for the README into media/. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./dependencies.mjs";

for (const name of ["squiggle", "timeline"]) {
  copyFileSync(join(root, "test/artifacts", `readme-${name}.png`), join(root, "media", `${name}.png`));
}
