/**
 * clang-tidy over this package's C and C++, with the checks of .clang-tidy, and over other folders whose files include
 * the engine's headers: `node packages/native-linux/lint.mjs [FOLDER…]`
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const c = fileURLToPath(new URL("c", import.meta.url));
const require = createRequire(import.meta.url);
const arch = { x64: "x86_64", arm64: "aarch64" }[process.arch];

const files = [c, ...process.argv.slice(2)].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(c|cc)$/.test(name) && !name.includes("tests"))
    .map((name) => join(folder, name)),
);
const includes = [".", "private", "include", join("arch", arch)].flatMap((name) => ["-I", join(c, name)]);
const napi = [dirname(require.resolve("node-addon-api/napi.h")), require("node-api-headers").include_dir];

let ok = files.length > 0;
for (const [pattern, flags] of [
  [/\.c$/, ["-std=c11", ...includes]],
  [/\.cc$/, ["-std=c++17", "-DNAPI_VERSION=8", ...includes, ...napi.flatMap((folder) => ["-isystem", folder])]],
]) {
  const some = files.filter((file) => pattern.test(file));
  const { status, stdout } = spawnSync("clang-tidy", ["--quiet", ...some, "--", ...flags], { encoding: "utf8" });
  process.stdout.write(stdout ?? "");
  ok &&= status === 0;
}
console.log(`looked at ${files.length} files`);
process.exitCode = ok ? 0 : 1;
