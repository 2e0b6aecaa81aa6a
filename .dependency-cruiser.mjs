/**
 * The arrows between the packages, as a program:
 *
 *   core <- native-linux (types only) <- adapters, posix-spawn <- ringspawn <- conformance, bench
 *
 * Workspace packages resolve to their dist/, so run it after a build.
 */

/** A package may reach only these packages of ours. */
const only = (from, ...to) => ({
  name: `${from}-only`,
  comment: `${from} may import only ${to.join(", ") || "its own"} (of our packages)`,
  severity: "error",
  from: { path: `^packages/${from}/` },
  to: {
    path: "^(packages|conformance|bench|scripts|examples)/",
    pathNot: [from, ...to].map((name) => `^packages/${name}/`),
  },
});

/** The tests of the pipes of a runtime's engines. */
const PIPES = "^conformance/(bun|deno)/pipes\\.test\\.ts$";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "core-imports-only-itself",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^packages/core/src/" },
    },
    only("native-linux", "core"),
    {
      name: "native-linux-takes-only-types-of-core",
      comment: "what native-linux does must not depend on how core does it",
      severity: "error",
      from: { path: "^packages/native-linux/src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/core/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "adapters-do-not-know-each-other",
      comment: "an adapter may import only core and native-linux (of our packages)",
      severity: "error",
      from: { path: "^packages/(adapter-[a-z]+)/" },
      to: {
        path: "^(packages|conformance|bench|scripts|examples)/",
        pathNot: ["^packages/$1/", "^packages/(core|native-linux)/"],
      },
    },
    only("posix-spawn", "native-linux"),
    // posix-spawn, because the command line hands its library to programs.
    only("ringspawn", "core", "posix-spawn", "adapter-[a-z]+"),
    {
      name: "outside-goes-through-the-umbrella",
      comment: "conformance, bench and examples see what people see; a benchmark in C compiles the engine's objects",
      severity: "error",
      from: { path: "^(conformance|bench|examples)/", pathNot: PIPES },
      to: { path: "^packages/", pathNot: "^packages/(ringspawn/|native-linux/build\\.mjs$)" },
    },
    {
      name: "pipes-by-their-contract",
      comment: "no face shows a Source or a Sink, so their contract is tested below the faces",
      severity: "error",
      from: { path: PIPES },
      to: { path: "^packages/", pathNot: "^packages/(adapter-$1/dist/index\\.js|core/tests/pipe-contract\\.ts)$" },
    },
    {
      name: "no-deep-imports",
      comment: "a package is what it exports",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/[^/]+/src/", pathNot: "^packages/$1/" },
    },
    {
      name: "nobody-imports-kernel",
      comment: "kernel/ has another licence; it boots conformance and is imported by nothing",
      severity: "error",
      from: { pathNot: "^kernel/" },
      to: { path: "^kernel/" },
    },
    {
      name: "no-cycles",
      comment: "of code; two files may well name each other's types",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      comment: "a file nobody imports and that is no entry is dead",
      severity: "error",
      // replaced.ts is an entry that needs nothing.
      from: { orphan: true, path: "/src/", pathNot: "(\\.(test|d)|^packages/core/src/replaced)\\.ts$" },
      to: {},
    },
    { name: "resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: "/(build|prebuilds)/" },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["node", "import", "default"] },
  },
};
