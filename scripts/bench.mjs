/** `npm run bench`: builds, then runs every benchmark of test/bench, or those named (`npm run bench -- core`). Each prints its own table. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { installDependencies, root } from "./dependencies.mjs";
import { main, showing, step } from "./steps.mjs";

await main(async () => {
  const folder = join(root, "test/bench");
  const all = readdirSync(folder)
    .filter((file) => file.endsWith(".bench.ts"))
    .map((file) => file.replace(/\.bench\.ts$/, ""));
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new Error(`No such benchmark: ${unknown.join(", ")}. There are: ${all.join(", ")}.`);
  await installDependencies();
  await step("Building", () => build());
  for (const name of asked.length > 0 ? asked : all) {
    console.log(`\n${name}`);
    const program = [join(root, "scripts/run-typescript.mjs"), join("test/bench", `${name}.bench.ts`)];
    if ((await showing(process.execPath, program, { cwd: root })) !== 0) process.exitCode = 1;
  }
});
