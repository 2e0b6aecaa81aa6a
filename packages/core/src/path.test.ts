import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candidates, DEFAULT_PATH, findProgram } from "./path.js";

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

test("findProgram: the first that can be executed, relative ones seen from the child's directory", () => {
  const asked: string[] = [];
  const only = (wanted: string) => (path: string) => asked.push(path) > 0 && path === wanted;
  expect(findProgram(["/a/x", "./x", "/b/x"], "/home", only("/home/./x"))).toBe("./x");
  expect(asked).toEqual(["/a/x", "/home/./x"]);
  expect(findProgram(["./x"], undefined, only("./x"))).toBe("./x");
  expect(findProgram(["/a/x"], undefined, () => false)).toBeUndefined();
});
