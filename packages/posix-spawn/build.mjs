/**
 * Compiles libringspawn-posix.so into prebuilds/linux-<arch>-gnu/, from the C files of c/ and the objects of the native
 * engine. For glibc alone: the library puts itself in front of that libc's functions and knows its structs.
 *
 *   node build.mjs [--debug] [--clean] [--target <triple>]
 *
 * The options are those of packages/native-linux/build.mjs.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine, compile, compileWithHooks, linkLibrary } from "../native-linux/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));

commandLine(here, (tools, variant) => {
  if (!tools.name.endsWith("-gnu")) {
    console.log(`posix_spawn is for glibc: nothing to build for ${tools.name}`);
    return;
  }
  const objects = [...compile(tools, variant), ...compileWithHooks(here, tools, variant)];
  const map = join(here, "c", `${tools.arch}.map`);
  linkLibrary(tools, variant, map, objects, join(here, "prebuilds", tools.name, "libringspawn-posix.so"));
});
