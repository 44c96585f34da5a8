/** Tests of programs for other processors, on Linux under QEMU. Started by scripts/test.mjs, which installs it. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.qemu.ts"], testTimeout: 300_000, hookTimeout: 900_000 },
});
