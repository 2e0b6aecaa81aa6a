/** The files that random requests name, and the translation of a request into the options of a face. */
import { type CommandOptions, type EngineName, spawn, type SpawnOptions } from "ringspawn";
import { fs, parent, path, pathToFileURL } from "../tools.ts";
import type { Action, Extra, Face, Path, Place, Program, Request, Stdio } from "./request.ts";

export const INPUT = "the file that is read\n";
/** The number of an fd that is never open here. */
const CLOSED = 987;

/** The fds of this program that a request can name: opened for one spawn, and closed after it. */
export type Fds = Readonly<Record<"input" | "output" | "append", number>>;

/** The options of both faces, without `engine`. */
export interface Spoken {
  readonly command: string | URL;
  readonly args: readonly string[];
  readonly command_: CommandOptions;
  readonly spawn_: SpawnOptions;
}

export class World {
  readonly dir: string;

  /** @param witness is copied, because other users may not enter the directory where it was built. */
  constructor(dir: string, witness: string) {
    this.dir = dir;
    for (const name of ["bin", "empty", "work", "wörk dir\n", "."]) {
      fs.mkdirSync(this.at(name), { recursive: true });
      // Children that run as other users must be able to enter, whatever the umask.
      fs.chmodSync(this.at(name), 0o777);
    }
    fs.copyFileSync(witness, this.at("bin/witness"));
    fs.chmodSync(this.at("bin/witness"), 0o755);
    fs.linkSync(this.at("bin/witness"), this.at("bin/wïtness 日本"));
    for (const name of ["witness", "work/witness", "wörk dir\n/witness"])
      fs.linkSync(this.at("bin/witness"), this.at(name));
    fs.symlinkSync("work", this.at("link"));
    const files: Record<string, [string, number]> = {
      "bin/script": [`#!${this.at("bin/witness")} of the script\n`, 0o755],
      "bin/not-executable": ["#!/bin/sh\n", 0o644],
      "bin/bad-interpreter": ["#!/nowhere/at all\n", 0o755],
      "bin/text": ["exit 7\n", 0o755],
      "bin/empty": ["", 0o755],
    };
    for (const [name, [content, mode]] of Object.entries(files)) {
      fs.writeFileSync(this.at(name), content);
      fs.chmodSync(this.at(name), mode);
    }
    fs.symlinkSync("loop", this.at("bin/loop"));
    this.reset();
  }

  private at(name: string): string {
    return path.join(this.dir, name);
  }

  /** Restores everything that a child can change: the same files, with their first content. */
  reset(): void {
    for (const [name, content] of Object.entries({ input: INPUT, output: "", append: "before\n", report: "" })) {
      fs.writeFileSync(this.at(name), content);
      fs.chmodSync(this.at(name), 0o666);
    }
    fs.rmSync(this.at("opened"), { recursive: true, force: true });
    fs.mkdirSync(this.at("opened"));
    fs.chmodSync(this.at("opened"), 0o777);
  }

  /** The content and mode of each file that a child can have written, by name. */
  written(): Record<string, string> {
    const found: Record<string, string> = {};
    const names = ["output", "append", ...fs.readdirSync(this.at("opened")).map((name) => `opened/${name}`)];
    for (const name of names) {
      const mode = fs.statSync(this.at(name)).mode & 0o7777;
      found[name] = `${mode.toString(8)} ${fs.readFileSync(this.at(name), "latin1")}`;
    }
    return found;
  }

  /** Opens the fds for one engine. Each engine gets its own, so that they share no offset. */
  open(): Fds & { close(): void } {
    const fds = {
      input: fs.openSync(this.at("input"), "r"),
      output: fs.openSync(this.at("output"), "w+"),
      append: fs.openSync(this.at("append"), "a"),
    };
    const close = (): void => [fds.input, fds.output, fds.append].forEach((fd) => fs.closeSync(fd));
    return { ...fds, close };
  }

  get report(): string {
    return this.at("report");
  }

  say(face: Face, request: Request, fds: Fds): Spoken {
    const { detached, uid, gid, argv0, action } = request;
    const env = this.#env(request);
    const cwd = this.#cwd(request.cwd);
    const [stdin, stdout, stderr] = request.stdio.map((word) => stdioOf(word, fds));
    const extra = Object.entries(request.extra).map(([fd, spec]) => [fd, this.#extra(spec, fds)]);
    const both = {
      ...(cwd !== undefined && { cwd }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
      ...(detached && { detached }),
      ...(extra.length > 0 && { setup: { fds: Object.fromEntries(extra) as object } }),
    };
    const only = request.env !== "none" && request.env.how === "only";
    const command = this.#program(request.program);
    const word = (value: unknown): unknown =>
      face.startsWith("Command") ? value : (BUN_WORDS[value as string] ?? value);
    const stdio = { stdin: word(stdin), stdout: word(stdout), stderr: word(stderr) };
    const timeout = action.do === "timeout" && { timeout: 50, killSignal: action.signal };
    return {
      command,
      args: argsOf(request, this.report),
      command_: { ...both, ...stdio, ...(env && { env, clearEnv: only }) } as CommandOptions,
      spawn_: {
        ...both,
        ...stdio,
        ...timeout,
        ...(env && { env: only ? env : { ...parent.env, ...env } }),
        ...(argv0 !== undefined && { argv0 }),
      } as SpawnOptions,
    };
  }

  #program(program: Program): string | URL {
    const places: Record<Program, string | URL> = {
      path: this.at("bin/witness"),
      bare: "witness",
      relative: "./witness",
      "odd path": this.at("bin/wïtness 日本"),
      script: this.at("bin/script"),
      url: pathToFileURL(this.at("bin/wïtness 日本")),
      missing: this.at("bin/missing"),
      "missing bare": "no-such-program",
      "missing relative": "./missing",
      directory: this.at("bin"),
      "not executable": this.at("bin/not-executable"),
      "bad interpreter": this.at("bin/bad-interpreter"),
      text: this.at("bin/text"),
      "empty file": this.at("bin/empty"),
      loop: this.at("bin/loop"),
      "through a file": this.at("bin/witness/x"),
      "too long": this.at("x".repeat(300)),
      nothing: "",
      NUL: "wit\0ness",
    };
    return places[program];
  }

  #cwd(place: Place): string | URL | undefined {
    const places: Record<Place, string | URL | undefined> = {
      none: undefined,
      work: this.at("work"),
      odd: this.at("wörk dir\n"),
      slash: `${this.at("work")}//`,
      relative: "work",
      link: this.at("link"),
      url: pathToFileURL(this.at("wörk dir\n")),
      missing: this.at("missing"),
      file: this.at("input"),
      NUL: "wo\0rk",
    };
    return places[place];
  }

  #env({ env, path: PATH }: Request): Record<string, string> | undefined {
    if (env === "none") return undefined;
    const paths: Record<Path, string> = {
      "has it": this.at("bin"),
      relative: `nowhere:.`,
      "has it last": `/nowhere::${this.at("empty")}:${this.at("input")}:${this.at("bin")}/`,
      "has it not": this.at("empty"),
      empty: "",
    };
    // It has no prototype, so that "__proto__" is a name like any other.
    const all = Object.assign(Object.create(null) as Record<string, string>, env.variables);
    delete all["PATH"];
    if (PATH !== undefined) all["PATH"] = paths[PATH];
    return all;
  }

  #extra(spec: Extra, fds: Fds): unknown {
    switch (spec) {
      case "open r":
        return { file: this.at("input") };
      case "open w":
        return { file: this.at("opened/written"), open: "w", mode: 0o640 };
      case "open a":
        return { file: this.at("opened/appended"), open: "a" };
      case "open none":
        return { file: this.at("missing/file") };
      default:
        return stdioOf(spec, fds);
    }
  }
}

const BUN_WORDS: Record<string, string> = { null: "ignore", inherit: "inherit", piped: "pipe" };

function stdioOf(word: Stdio, fds: Fds): string | number {
  switch (word) {
    case "null":
    case "inherit":
      return word;
    case "pipe":
      return "piped";
    case "closed":
      return CLOSED;
    case "input":
    case "output":
    case "append":
      return fds[word];
  }
}

/** Everything after argv[0]: what the witness is to do, and then the arguments of the request. */
function argsOf({ args, action }: Request, report: string): readonly string[] {
  const words: Record<Action["do"], readonly string[]> = {
    report: action.do === "report" && action.to === "file" ? ["report", report, ...args] : ["anything", ...args],
    exit: ["exit", String(action.do === "exit" && action.code)],
    signal: ["signal", String(action.do === "signal" && action.signal)],
    kill: ["sleep", "9000"],
    timeout: ["sleep", "9000"],
    cat: ["cat"],
    write: ["write", String(action.do === "write" && action.bytes)],
    both: ["both", String(action.do === "both" && action.lines)],
  };
  return words[action.do];
}

/** Starts a child on each engine, because the first ones open things that stay open: loops, event fds. */
export async function warmUp(witness: string, engines: readonly EngineName[]): Promise<void> {
  for (const engine of engines) {
    const child = spawn([witness, "cat"], { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    void child.stdin.end();
    await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  }
}
