/** The extension-host suites in a downloaded desktop VS Code: `npm run test:electron`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/e2e/desktop.ts"], testTimeout: 180_000 },
});
