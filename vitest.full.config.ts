/** `npm run test:full`: what takes too long for every run. Each file keeps its dated result beside it. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.full.ts"],
    fileParallelism: false,
    testTimeout: 3 * 3600_000,
    hookTimeout: 20 * 60_000,
  },
});
