/**
 * Packages that run programs: by name, what imports one and gives a function that collects the output of a program.
 * JavaScript, and nothing imported before that: what an import takes is measured too.
 *
 * @type {Readonly<Record<"execa" | "tinyexec" | "zx", () => Promise<(path: string) => Promise<string>>>>}
 */
export const packages = {
  async execa() {
    const { execa } = await import("execa");
    return async (path) => (await execa(path)).stdout;
  },
  async tinyexec() {
    const { x } = await import("tinyexec");
    return async (path) => (await x(path)).stdout.trimEnd();
  },
  async zx() {
    const { $ } = await import("zx");
    return async (path) => (await $({ quiet: true })`${path}`).stdout.trimEnd();
  },
};
