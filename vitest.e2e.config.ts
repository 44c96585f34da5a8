/** Tests that drive a real editor or browser; they take the screen in turns. Started by scripts/test.mjs, which builds first. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.spec.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
});
