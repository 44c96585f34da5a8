/** Tests of programs for Windows, on Linux under Wine. Started by scripts/test.mjs, which installs it. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.wine.ts"], testTimeout: 300_000, hookTimeout: 900_000 },
});
