import fc from "fast-check";
import { expect, test } from "vitest";
import { requestOf } from "../tests/support.js";
import { batchArguments, batchRefusal, isBatchFile } from "./batch-file.js";

test("what Windows takes for a batch file", () => {
  for (const path of ["x.bat", "X.CMD", "C:\\a b\\x.cmd", "x.bat.", "x.cmd. ."]) expect(isBatchFile(path)).toBe(true);
  for (const path of ["x.exe", "x", "x.bat.exe", "bat", "x.command"]) expect(isBatchFile(path)).toBe(false);
});

test("each argument in quotes, quotes doubled, backslashes before them too, no variable expanded", () => {
  const line = (...args: string[]): string | undefined => batchArguments("C:\\x y\\z.cmd", args).at(-1);
  expect(line()).toBe('""C:\\x y\\z.cmd""');
  expect(line("a b", "")).toBe('""C:\\x y\\z.cmd" "a b" """');
  expect(line('say "hi"')).toBe('""C:\\x y\\z.cmd" "say ""hi""""');
  expect(line("dir\\", 'a\\"b', "a\\b")).toBe('""C:\\x y\\z.cmd" "dir\\\\" "a\\\\""b" "a\\b""');
  expect(line("%PATH%")).toBe('""C:\\x y\\z.cmd" "%%cd:~,%PATH%%cd:~,%""');
  expect(batchArguments("x.bat", []).slice(0, -1)).toEqual(["/d", "/e:on", "/v:off", "/s", "/c"]);
});

/** What cmd.exe makes of the text behind /c: outermost quotes off, variables, then words; quotes protect the rest. */
function readAsCmd(line: string): { readonly words: string[]; readonly isOne: boolean } {
  const bare = line.slice(1, -1);
  // Of "%%cd:~,%", the first sign has no name behind it and stays; the rest is a variable that is cut to nothing.
  const expanded = bare.replaceAll(/%(%cd:~,%)|%([^%]+)%/g, (_, empty?: string) => (empty ? "%" : "EXPANDED"));
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  let isOne = true;
  for (let i = 0; i < expanded.length; i++) {
    const character = expanded[i] as string;
    if (character === '"') {
      // Two in a row inside of quotes are one, for the program that reads the argument.
      if (isQuoted && expanded[i + 1] === '"') word = `${word ?? ""}${expanded[i++]}`;
      else isQuoted = !isQuoted;
      word ??= "";
    } else if (!isQuoted && character === " ") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (!isQuoted && /[&|<>^()]/.test(character)) isOne = false;
      word = `${word ?? ""}${character}`;
    }
  }
  if (word !== undefined) words.push(word);
  return { words, isOne };
}

test("whatever the arguments are, cmd.exe reads one command with just these", () => {
  const hostile = fc.array(fc.stringMatching(/^[a-z "%&|<>^()!;,=~:]{0,12}$/), { maxLength: 4 });
  fc.assert(
    fc.property(hostile, (args) => {
      const { words, isOne } = readAsCmd(batchArguments("C:\\x.cmd", args).at(-1) as string);
      expect(isOne).toBe(true);
      expect(words).toEqual(["C:\\x.cmd", ...args]);
    }),
    { numRuns: 2000 },
  );
});

test("control characters and too long a line are refused by the name of the option", () => {
  const refused = (args: string[], path = "x.cmd"): string | undefined =>
    batchRefusal(requestOf({ args }), path)?.option;
  for (const bad of ["a\nb", "\r", "\u001a", "\t", "\u007f"]) expect(refused(["fine", bad])).toBe("args[1]");
  expect(refused([], "a\nb.cmd")).toBe("command");
  expect(refused(["x".repeat(9000)])).toBe("args");
  expect(refused(['& calc " %PATH%', "ü"])).toBeUndefined();
});
