import { defineConfig, globalIgnores } from "eslint/config";
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/**
 * Test frameworks replace these, and children must end all the same. So nothing on the way of a spawn looks one up:
 * what needs a time or a turn of the event loop has it of the engine (Loop in native-linux), and where an engine has
 * none it comes from core's builtins.ts, which has these as they were when it was loaded.
 */
const replaced = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
].concat(["queueMicrotask", "performance", "Date"]);
const lookedUp = "A test framework may have replaced it: see `replaced` in eslint.config.js.";
const replacedGlobals = replaced.map((name) => ({ name, message: lookedUp }));
const replacedSyntax = [
  `VariableDeclarator[init.name='globalThis'] > ObjectPattern > Property[key.name=/^(${replaced.join("|")})$/]`,
  `MemberExpression[object.name='globalThis'][property.name=/^(${replaced.join("|")})$/]`,
  "MemberExpression[object.name='process'][property.name=/^(nextTick|hrtime)$/]",
  "ImportDeclaration[source.value=/^(node:)?(timers|timers\\u002fpromises|perf_hooks)$/]",
].map((selector) => ({ selector, message: lookedUp }));

/** What an async function returns is no instance of the class that a program has put in the place of this global. */
const promiseSyntax = [
  "BinaryExpression[operator='instanceof'] > .right[name='Promise']",
  "[superClass.name='Promise']",
].map((selector) => ({ selector, message: "See isPromise and NativePromise in core's builtins.ts." }));

/** core runs in every runtime, so it may know none of them. `process.ts` is a fine name for a file, hence globals. */
const runtimeFree = {
  "no-restricted-imports": [
    "error",
    { patterns: [{ regex: "^(?!\\.\\.?/)", message: "core imports nothing but its own." }] },
  ],
  "no-restricted-globals": [
    "error",
    ...["process", "global", "require", "module", "exports", "__dirname", "__filename"]
      .concat(["window", "self", "document"])
      .map((name) => ({ name, message: "core names no runtime: ask the Host." })),
    ...replacedGlobals,
  ],
  "no-restricted-syntax": [
    "error",
    { selector: "Identifier[name=/^(Bun|Deno|Buffer|NodeJS)$/]", message: "core names no runtime: ask the Host." },
    { selector: "Literal[value=/^(node|bun|npm|jsr|ext):/]", message: "core names no runtime: ask the Host." },
    { selector: "ImportExpression", message: "core imports nothing but its own." },
    {
      selector: "MemberExpression[object.name='globalThis'][property.name=/^(process|Buffer|Bun|Deno|require)$/]",
      message: "core names no runtime: ask the Host.",
    },
    ...replacedSyntax,
    ...promiseSyntax,
  ],
};

export default defineConfig(
  globalIgnores(["**/dist/", "**/build/", "**/prebuilds/", "**/node_modules/", "**/.turbo/"]),
  // What compilers among the tools are given: it belongs to no TypeScript project of ours.
  globalIgnores(["tools/jobs/**/*.ts"]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.ts"] } } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" }],
      // What was thrown at us is thrown on as it is; what we throw ourselves is an Error.
      "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true }],
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true }],
      // Numbers in messages are what messages are for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // A spawn promises nothing about its own shape: `void | Promise<void>` is the seam's way to say "maybe at once".
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "max-lines-per-function": ["error", { max: 70 }],
      "no-console": "error",
    },
  },
  {
    // A longer file has several subjects. Tables are let off by name, in the file.
    files: ["packages/*/src/**/*.ts", "conformance/{*,differential/*,programs/**/*}.ts", "bench/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "max-lines": ["error", { max: 450 }] },
  },
  {
    files: ["packages/{native-linux,adapter-*}/src/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-globals": ["error", ...replacedGlobals],
      "no-restricted-syntax": ["error", ...replacedSyntax, ...promiseSyntax],
    },
  },
  { files: ["packages/core/src/**/*.ts"], ignores: ["**/*.test.ts"], rules: runtimeFree },
  {
    // Programs, and tests of things that only misuse can reach.
    files: ["conformance/**/*.ts", "bench/**/*.ts", "**/*.test.ts", "**/tests/**/*.ts"],
    rules: {
      "no-console": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
      // They look at what must not happen, so what types call impossible is just what they ask.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // process.umask() is how one sees it.
      "@typescript-eslint/no-deprecated": "off",
      // A case is an async function, whether it waits or not.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // The oracle makes calls that types forbid, and looks at any result.
    files: ["conformance/oracle/bun-*.ts"],
    rules: Object.fromEntries(
      ["argument", "assignment", "call", "member-access", "return"]
        .map((use) => `no-unsafe-${use}`)
        .concat("no-explicit-any", "restrict-plus-operands", "restrict-template-expressions")
        .map((rule) => [`@typescript-eslint/${rule}`, "off"]),
    ),
  },
  // A suite is one function of many.
  { files: ["**/*.test.ts", "packages/**/tests/**/*.ts"], rules: { "max-lines-per-function": "off" } },
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: {
      globals: Object.fromEntries(
        ["process", "console", "Buffer", "URL", "URLSearchParams", "TextDecoder", "TextEncoder", "performance", "fetch"]
          .concat(["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"])
          .concat(["AbortController", "AbortSignal", "SharedArrayBuffer", "Atomics", "WebAssembly", "queueMicrotask"])
          .concat(["structuredClone", "ReadableStream", "WritableStream", "TransformStream", "module", "require"])
          .map((name) => [name, "readonly"]),
      ),
    },
    rules: {
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "max-lines-per-function": ["error", { max: 70 }],
    },
  },
  {
    // What the tools are given to do: programs of other runtimes, scripts of zx, tests of vitest.
    files: ["tools/{programs,jobs}/**/*.{mjs,cjs,js}", "tools/observe-*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        ["Bun", "Deno", "Response", "Request", "Blob", "$", "cd", "fs", "which", "within", "test", "expect", "vi"].map(
          (name) => [name, "readonly"],
        ),
      ),
    },
  },
);
