import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostWith } from "../tests/support.js";
import { candidates as search, DEFAULT_PATH, fromCwd, isPath, searchOf } from "./path.js";

const candidates = (file: string, path: string | undefined): string[] =>
  search(file, { platform: "linux", path, extensions: undefined });

describe("candidates", () => {
  test("a name is looked for in each entry of PATH, in order", () => {
    expect(candidates("ls", "/usr/bin:/bin")).toEqual(["/usr/bin/ls", "/bin/ls"]);
  });

  test("anything with a slash is its only candidate", () => {
    for (const file of ["/bin/ls", "./ls", "a/b", "../x", "dir/"]) expect(candidates(file, "/usr/bin")).toEqual([file]);
  });

  test("an empty entry is the working directory, wherever it stands", () => {
    expect(candidates("x", "")).toEqual(["./x"]);
    expect(candidates("x", ":/bin")).toEqual(["./x", "/bin/x"]);
    expect(candidates("x", "/bin:")).toEqual(["/bin/x", "./x"]);
    expect(candidates("x", "/a::/b")).toEqual(["/a/x", "./x", "/b/x"]);
    expect(search("x", { platform: "linux", path: ":.:/b", extensions: undefined, leavesBare: true })).toEqual([
      "x",
      "./x",
      "/b/x",
    ]);
  });

  test("without PATH there is a default", () => {
    expect(candidates("x", undefined)).toEqual(candidates("x", DEFAULT_PATH));
    expect(candidates("x", undefined)).toEqual(["/usr/bin/x", "/bin/x"]);
  });

  test("relative entries stay relative, slashes are not doubled, repetitions go", () => {
    expect(candidates("x", "bin:/a/:/a:/:bin")).toEqual(["bin/x", "/a/x", "/x"]);
  });

  test("for any PATH: one candidate for each different directory, in the order of their first mention", () => {
    const path = fc.array(fc.stringMatching(/^[a-z./]{0,6}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(path, fc.stringMatching(/^[a-z.-]{1,6}$/), (entries, file) => {
        const found = candidates(file, entries.join(":"));
        const directories = entries.map((path) => (path === "" ? "." : path));
        expect(new Set(found).size).toBe(found.length);
        let last = -1;
        for (const candidate of found) {
          const at = directories.findIndex((directory) => candidate === directory.replace(/\/?$/, `/${file}`));
          expect(at).toBeGreaterThan(last);
          last = at;
        }
        for (const directory of directories) expect(found).toContain(directory.replace(/\/?$/, `/${file}`));
      }),
    );
  });
});

describe("candidates on Windows", () => {
  const windows = (file: string, path?: string, extensions?: string): string[] =>
    search(file, { platform: "win32", path, extensions });

  test("a name is looked for with each extension in each entry, in order", () => {
    expect(windows("git", "C:\\a;C:\\b\\", ".EXE;.CMD")).toEqual([
      "C:\\a\\git.EXE",
      "C:\\a\\git.CMD",
      "C:\\b\\git.EXE",
      "C:\\b\\git.CMD",
    ]);
  });

  test("a name with an extension is first tried as it is", () => {
    expect(windows("x.cmd", "C:\\a", ".EXE")).toEqual(["C:\\a\\x.cmd", "C:\\a\\x.cmd.EXE"]);
    expect(windows("a.b\\x", undefined, ".EXE")).toEqual(["a.b\\x.EXE"]);
  });

  test("paths are not searched for: slashes of both kinds, and drives", () => {
    for (const path of ["C:\\x.exe", "c:x.exe", ".\\x.exe", "dir/x.exe", "\\\\server\\share\\x.exe"]) {
      expect(windows(path, "C:\\a", ".COM")).toEqual([path, `${path}.COM`]);
    }
  });

  test("an entry in quotes may hold semicolons; empty entries are nothing, and not the working directory", () => {
    expect(windows("x", ';"C:\\a;b";;C:\\c;', ".EXE")).toEqual(["C:\\a;b\\x.EXE", "C:\\c\\x.EXE"]);
    expect(windows("x", "", ".EXE")).toEqual([]);
    expect(windows("x", undefined, ".EXE")).toEqual([]);
  });

  test("without PATHEXT there is a default", () => {
    expect(windows("x", "C:\\a")).toEqual([".COM", ".EXE", ".BAT", ".CMD"].map((end) => `C:\\a\\x${end}`));
  });
});

describe("searchOf", () => {
  const parent = { ...hostWith({ PATH: "/parent", PATHEXT: ".P" }), platform: "win32" };

  test("the child's own PATH decides, whatever its case on Windows, and the parent's where the child has none", () => {
    expect(searchOf(parent, { Path: "C:\\child" })).toMatchObject({ path: "C:\\child", extensions: ".P" });
    expect(searchOf(parent, { PathExt: ".C" })).toMatchObject({ path: "/parent", extensions: ".C" });
    expect(searchOf(parent, undefined)).toMatchObject({ path: "/parent", extensions: ".P" });
    expect(searchOf(hostWith({ PATH: "/parent" }), { Path: "/other" })).toEqual({
      platform: "linux",
      path: "/parent",
      extensions: undefined,
    });
  });
});

test("a path of the child as this program finds it", () => {
  expect(fromCwd("./x", "/home", "linux")).toBe("/home/./x");
  expect(fromCwd("/x", "/home", "linux")).toBe("/x");
  expect(fromCwd("./x", undefined, "linux")).toBe("./x");
  expect(fromCwd("x.exe", "C:\\home", "win32")).toBe("C:\\home\\x.exe");
  for (const path of ["D:\\x", "d:x", "\\x", "\\\\server\\x", "/x"]) expect(fromCwd(path, "C:\\", "win32")).toBe(path);
  expect([isPath("a\\b", "linux"), isPath("a\\b", "win32"), isPath("a/b", "linux"), isPath("ab", "win32")]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
