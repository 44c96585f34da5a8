/** Unit tests: pure and fast. What needs an editor or a browser runs through `npm test` (scripts/test.mjs). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "**/fixtures/**", "**/node_modules/**"],
    testTimeout: 20_000,
  },
});
