import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,tests}/**/*.test.ts", "bench/lib/*.test.ts"],
    // A process of its own per file: these tests count fds, zombies and threads.
    pool: "forks",
    // They start programs of several runtimes, which a busy machine takes long for. No test asserts a time by it.
    testTimeout: 30_000,
    passWithNoTests: false,
  },
});
