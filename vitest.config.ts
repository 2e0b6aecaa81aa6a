import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,tests}/**/*.test.ts", "bench/lib/*.test.ts"],
    // A process of its own per file: these tests count fds, zombies and threads.
    pool: "forks",
    passWithNoTests: false,
  },
});
