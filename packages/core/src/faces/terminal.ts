/** The handle of a pseudo-terminal, in the shape of `Bun.Terminal`. */
import { hide, invoke, isArrayBuffer, isSharedArrayBuffer } from "../builtins.js";
import { mustBe, mustBeOfType, ownOptions, usageError } from "../check.js";
import type { EngineName, TerminalEnd, TerminalFlags, TerminalSize } from "../engine.js";
import type { Launcher } from "../launcher.js";
import type { Process } from "../process.js";
import type { Slot } from "../stdio.js";
import { asBytes } from "../streams.js";
import type { Terminal, TerminalConstructor, TerminalOptions } from "./bun-types.js";

const utf8 = new TextEncoder();

const OPTIONS = ["cols", "rows", "name", "data", "exit", "drain", "engine"] as const;
const MAX_SIZE = 65_535;
const MAX_NAME = 128;
const MAX_FLAGS = 0xffff_ffff;

/** What was asked for, in its normal form. */
interface Settings extends TerminalSize, Pick<TerminalOptions, "data" | "exit" | "drain"> {
  readonly engine: unknown;
}

/** A terminal that is there, for its handle to be made of. */
class Opened {
  constructor(
    readonly settings: Settings,
    readonly end: TerminalEnd,
    readonly engine: EngineName,
    /** As of {@link OpenTerminal}; undefined for one that was made for a single process. */
    readonly given: number | object | undefined,
    readonly bytes: Launcher["host"]["bytes"],
  ) {}
}

class Handle implements Terminal {
  declare readonly engine: EngineName;
  readonly #end: TerminalEnd;
  readonly #given: number | object | undefined;
  readonly #exit: TerminalOptions["exit"];
  #isClosed = false;
  /** The callback `exit` has had its call. */
  #isOver = false;
  /** No process has it any more. */
  #isLeft = false;
  /** The process that it was opened for, and whose session it may control, may still live. */
  #hasLeader: boolean;
  /** The flags at the end, after which nothing is kept open of the terminal. */
  #left: TerminalFlags | undefined;

  constructor({ settings, end, engine, given, bytes }: Opened) {
    hide(this, "engine", engine);
    const { data, exit, drain } = settings;
    this.#end = end;
    this.#given = given;
    this.#exit = exit;
    this.#hasLeader = given === undefined;
    end.listen({
      data: (came) => {
        if (data !== undefined) invoke(() => data.call(this, this, bytes(came) as Uint8Array<ArrayBuffer>));
      },
      end: () => {
        this.#isLeft = true;
        this.#release();
        this.#over(1);
      },
      drain: drain && (() => invoke(() => drain.call(this, this))),
    });
  }

  /** The process that it was opened for has ended. */
  static leaderEnded(terminal: Handle): void {
    terminal.#hasLeader = false;
    terminal.#release();
  }

  /** Closed while the leader of its session lives, who may just have closed its fds, it would kill that by SIGHUP. */
  #release(): void {
    if (!this.#isLeft || this.#hasLeader || this.#isClosed) return;
    this.#left = this.#end.flags();
    this.#end.close();
  }

  /** What a child is given of it. @throws {TypeError} when it cannot be given to one. */
  static given(terminal: Handle): number | object {
    const refusal = (why: string): TypeError => usageError("ERR_INVALID_ARG_TYPE", `terminal ${why}`);
    if (terminal.#isClosed) throw refusal("is closed");
    if (terminal.#given === undefined) throw refusal("was created inline by a previous spawn and cannot be reused");
    return terminal.#given;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  write(data: string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer): number {
    this.#demandOpen();
    const bytes = bytesOf(data);
    if (bytes.byteLength > 0 && this.#left === undefined) this.#end.write(bytes);
    return bytes.byteLength;
  }

  resize(cols: number, rows: number): void {
    this.#demandOpen();
    const refusal = (name: string): TypeError =>
      usageError("ERR_INVALID_ARG_TYPE", `resize() requires valid ${name} argument`);
    const size = { cols: sizeOf(cols), rows: sizeOf(rows) };
    if (size.cols === undefined) throw refusal("cols");
    if (size.rows === undefined) throw refusal("rows");
    if (this.#left === undefined) this.#end.resize(size as TerminalSize);
  }

  setRawMode(enabled: boolean): void {
    this.#demandOpen();
    if (this.#left === undefined) this.#end.setRawMode(enabled ? true : false);
  }

  get inputFlags(): number {
    return this.#flag("input");
  }
  set inputFlags(flags: number) {
    this.#setFlag("input", flags);
  }

  get outputFlags(): number {
    return this.#flag("output");
  }
  set outputFlags(flags: number) {
    this.#setFlag("output", flags);
  }

  get controlFlags(): number {
    return this.#flag("control");
  }
  set controlFlags(flags: number) {
    this.#setFlag("control", flags);
  }

  get localFlags(): number {
    return this.#flag("local");
  }
  set localFlags(flags: number) {
    this.#setFlag("local", flags);
  }

  ref(): void {
    this.#end.ref();
  }

  unref(): void {
    this.#end.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end.close();
    this.#over(0);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown is to be a rejection
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  get [Symbol.toStringTag](): string {
    return "Terminal";
  }

  #flag(name: keyof TerminalFlags): number {
    return this.#isClosed ? 0 : (this.#left ?? this.#end.flags())[name];
  }

  #setFlag(name: keyof TerminalFlags, value: unknown): void {
    const flags = flagsOf(`${name}Flags`, value);
    if (this.#isClosed) return;
    if (this.#left === undefined) this.#end.setFlags({ ...this.#end.flags(), [name]: flags });
    else this.#left = { ...this.#left, [name]: flags };
  }

  #over(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const exit = this.#exit;
    if (exit !== undefined) invoke(() => exit.call(this, this, code, null));
  }

  #demandOpen(): void {
    if (this.#isClosed) throw new Error("Terminal is closed");
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (typeof data === "string") return utf8.encode(data);
  if (ArrayBuffer.isView(data) || isArrayBuffer(data)) return asBytes(data);
  if (isSharedArrayBuffer(data)) return new Uint8Array(data);
  const isMissing = data === undefined || data === null;
  const words = isMissing ? "write() requires data argument" : "write() argument must be a string or ArrayBuffer";
  throw usageError("ERR_INVALID_ARG_TYPE", words);
}

/** Undefined for what is no number of columns or rows. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value !== "number") return undefined;
  const size = Math.trunc(value);
  return size >= 1 && size <= MAX_SIZE ? size : undefined;
}

/** 32 bits; a negative number is what JavaScript makes of such bits. */
function flagsOf(option: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= -0x8000_0000 && (value as number) <= MAX_FLAGS) {
    return (value as number) >>> 0;
  }
  throw mustBe(option, "an integer of 32 bits", value);
}

function settingsOf(options: object): Settings {
  const { cols, rows, name, data, exit, drain, engine } = ownOptions<{
    readonly [option in (typeof OPTIONS)[number]]?: unknown;
  }>(options, OPTIONS);
  if (name !== undefined && name !== null) {
    if (typeof name !== "string") throw mustBeOfType("name", "a string", name);
    if (name.length > MAX_NAME) {
      throw usageError("ERR_INVALID_ARG_VALUE", `Terminal name too long (max ${MAX_NAME} characters)`);
    }
  }
  // As Bun has it, a size that cannot be is the default, and no callback what is no function.
  return {
    cols: sizeOf(cols) ?? 80,
    rows: sizeOf(rows) ?? 24,
    data: typeof data === "function" ? (data as TerminalOptions["data"]) : undefined,
    exit: typeof exit === "function" ? (exit as TerminalOptions["exit"]) : undefined,
    drain: typeof drain === "function" ? (drain as TerminalOptions["drain"]) : undefined,
    engine,
  };
}

/** What the option `terminal` of a spawn comes to. */
export interface TerminalOfChild {
  /** Of 0, 1 and 2. */
  readonly slots: readonly Slot[];
  /** The child's terminal, once the child was started. */
  of(process: Process): Terminal;
}

/** `Terminal`, and the reader of the option. */
export function createTerminals(launcher: Launcher): {
  readonly Terminal: TerminalConstructor;
  readonly terminalOf: (option: unknown) => TerminalOfChild | undefined;
} {
  const { host } = launcher;
  const bytes: Opened["bytes"] = (array) => host.bytes(array);

  function open(options: unknown): Opened {
    if (typeof options !== "object" || options === null) {
      throw usageError("ERR_INVALID_ARG_TYPE", "Terminal constructor requires an options object");
    }
    const settings = settingsOf(options);
    const { end, given, engine } = launcher.openTerminal(settings, settings.engine);
    return new Opened(settings, end, engine, given, bytes);
  }

  class Terminal extends Handle {
    constructor(options: TerminalOptions | Opened) {
      super(options instanceof Opened ? options : open(options));
    }

    /** Each way to get at the faces has a class of its own, and a terminal of any is one. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof Handle;
    }
  }

  function terminalOf(option: unknown): TerminalOfChild | undefined {
    if (option === undefined || option === null) return undefined;
    if (typeof option !== "object" && typeof option !== "function") {
      throw usageError("ERR_INVALID_ARG_TYPE", "terminal must be a Terminal object or options object");
    }
    if (option instanceof Handle) return existing(Handle.given(option), option);
    if (host.ownsTerminal?.(option) === true) return existing(option, option as Terminal);
    const settings = settingsOf(option);
    const { cols, rows } = settings;
    const made = (process: Process): Terminal => {
      const end = process.terminal as TerminalEnd;
      const terminal = new Terminal(new Opened(settings, end, process.engine, undefined, bytes));
      process.whenExited(() => Handle.leaderEnded(terminal));
      return terminal;
    };
    return { slots: STDIO.map((target) => ({ target, kind: "terminal", cols, rows })), of: made };
  }

  return { Terminal, terminalOf };
}

const STDIO = [0, 1, 2] as const;

function existing(given: number | object, terminal: Terminal): TerminalOfChild {
  return { slots: STDIO.map((target) => ({ target, kind: "open terminal", terminal: given })), of: () => terminal };
}
