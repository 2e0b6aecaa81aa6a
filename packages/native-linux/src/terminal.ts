/** The parent's side of a pseudo-terminal: what comes is told as it comes, and what is written is taken at once. */
import type {
  Failure,
  OpenTerminal,
  TerminalEnd,
  TerminalEvents,
  TerminalFlags,
  TerminalSize,
} from "@ringspawn/core/seam";
import { ERRNO, READY, TERMINAL, TERMINAL_MODE, TERMINAL_MODE_SIZE, TERMINAL_SIZE, TERMIOS } from "./abi.gen.js";
import type { Binding } from "./binding.js";
import { KeepAlive } from "./keep-alive.js";
import type { Loop } from "./loop.js";
import { End, forgotten, joined } from "./pipe.js";

/** Bytes that are told of at once, and taken in one turn of the loop: who writes without end holds up nobody else. */
const CHUNK = 64 * 1024;
/** Bytes that are taken in when a process has ended: more than any terminal holds, for others may write on. */
const AT_HAND = 1024 * 1024;
let chunk: Uint8Array | undefined;

const RAW_INPUT = TERMIOS.BRKINT | TERMIOS.ICRNL | TERMIOS.INPCK | TERMIOS.ISTRIP | TERMIOS.IXON;
const RAW_LOCAL = TERMIOS.ECHO | TERMIOS.ICANON | TERMIOS.IEXTEN | TERMIOS.ISIG;

export class NativeTerminal implements TerminalEnd {
  readonly #binding: Binding;
  readonly #reader: End;
  /** The same terminal by another fd, which is open for as long as the terminal is not closed. */
  readonly #writer: End;
  readonly #keepAlive: KeepAlive;
  /** The terminal's own side, where it is kept open for processes. */
  readonly #kept: End | undefined;
  #events: TerminalEvents | undefined;
  #isTaking = false;
  /** Nothing more can come. */
  #isOver = false;
  /** What was not taken yet. */
  #unwritten = new Backlog();
  #owesDrain = false;
  /** The flags before raw mode; undefined outside of it. */
  #cooked: TerminalFlags | undefined;

  constructor(binding: Binding, loop: Loop, reader: number, writer: number, kept?: number) {
    this.#binding = binding;
    this.#keepAlive = new KeepAlive(loop);
    const endOf = (fd: number): End => {
      const end = new End(binding, loop, undefined, "close");
      forgotten.register(this, end);
      end.fd = fd;
      return end;
    };
    this.#reader = endOf(reader);
    this.#writer = endOf(writer);
    this.#kept = kept === undefined ? undefined : endOf(kept);
    this.#keepAlive.begin();
  }

  listen(events: TerminalEvents): void {
    this.#events = events;
    this.#whenReadable();
  }

  write(bytes: Uint8Array): void {
    const rest = this.#unwritten.isEmpty ? this.#attempt(bytes) : bytes;
    if (rest !== undefined) this.#unwritten.add(rest.slice());
    else if (this.#events?.drain === undefined) return;
    this.#owesDrain = true;
    this.#whenWritable();
  }

  resize({ rows, cols }: TerminalSize): void {
    this.#demand("resize", this.#binding.terminalResize(this.#writer.fd, rows, cols));
  }

  flags(): TerminalFlags {
    const words = modeWords();
    this.#demand("tcgetattr", this.#binding.terminalGetMode(this.#writer.fd, words));
    const word = (at: number): number => words[at >> 2] as number;
    const { input, output, control, local } = TERMINAL_MODE;
    return { input: word(input), output: word(output), control: word(control), local: word(local) };
  }

  setFlags({ input, output, control, local }: TerminalFlags): void {
    const words = modeWords();
    words[TERMINAL_MODE.input >> 2] = input;
    words[TERMINAL_MODE.output >> 2] = output;
    words[TERMINAL_MODE.control >> 2] = control;
    words[TERMINAL_MODE.local >> 2] = local;
    this.#demand("tcsetattr", this.#binding.terminalSetMode(this.#writer.fd, words));
  }

  setRawMode(isRaw: boolean): void {
    if (isRaw === (this.#cooked !== undefined)) return;
    const cooked = this.#cooked ?? this.flags();
    // As libuv's raw mode: output is still processed.
    const raw = {
      input: cooked.input & ~RAW_INPUT,
      output: cooked.output | TERMIOS.ONLCR,
      control: cooked.control | TERMIOS.CS8,
      local: cooked.local & ~RAW_LOCAL,
    };
    this.setFlags(isRaw ? raw : cooked);
    this.#cooked = isRaw ? cooked : undefined;
  }

  settle(): void {
    this.#take(AT_HAND);
  }

  ref(): void {
    this.#keepAlive.ref(true);
  }

  unref(): void {
    this.#keepAlive.ref(false);
  }

  close(): void {
    this.#over();
    this.#reader.close();
    this.#writer.close();
    this.#kept?.close();
  }

  #over(): void {
    this.#isOver = true;
    this.#keepAlive.end();
    // Nobody reads it any more, and the terminal takes no more than it has room for.
    this.#unwritten = new Backlog();
  }

  #whenReadable(): void {
    if (this.#isOver || this.#reader.isWaiting) return;
    this.#reader.wait(READY.readable, () => {
      this.#take(CHUNK);
      this.#whenReadable();
    });
  }

  /** Tells of what is at hand, `most` bytes or some more, and of the end. */
  #take(most: number): void {
    // What is told of may come back here, and so may a watch that ends with its fd.
    if (this.#isTaking) return;
    this.#isTaking = true;
    for (let total = 0, count = CHUNK; count === CHUNK && total < most; total += count) count = this.#takeChunk();
    this.#isTaking = false;
  }

  /** Returns the number of bytes. */
  #takeChunk(): number {
    if (this.#isOver) return 0;
    const into = (chunk ??= new Uint8Array(CHUNK));
    let count = 0;
    let got = 0;
    while (count < CHUNK) {
      got = this.#binding.read(this.#reader.fd, into.subarray(count));
      if (got <= 0) break;
      count += got;
    }
    if (count > 0) this.#events?.data(into.slice(0, count));
    // EIO says that no process has the terminal any more. What else it may say ends it as well.
    if (got <= 0 && got !== -ERRNO.EAGAIN) this.#end();
    return count;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#events?.end();
  }

  #whenWritable(): void {
    if (this.#isOver || this.#writer.isWaiting) return;
    this.#writer.wait(READY.writable, () => this.#flush());
  }

  #flush(): void {
    while (!this.#unwritten.isEmpty) {
      const rest = this.#attempt(this.#unwritten.take());
      if (rest !== undefined) {
        this.#unwritten.putBack(rest);
        this.#whenWritable();
        return;
      }
    }
    if (this.#isOver || !this.#owesDrain) return;
    this.#owesDrain = false;
    this.#events?.drain?.();
  }

  /** What the terminal does not take now. What it never will is as good as taken. */
  #attempt(bytes: Uint8Array): Uint8Array | undefined {
    for (let left = bytes; left.byteLength > 0; ) {
      const count = this.#binding.write(this.#writer.fd, left);
      if (count === -ERRNO.EAGAIN) return this.#isOver ? undefined : left;
      if (count < 0) return undefined;
      left = left.subarray(count);
    }
    return undefined;
  }

  #demand(call: string, result: number): void {
    if (result >= 0) return;
    const code = `E${-result}`;
    throw Object.assign(new Error(`${call} ${code}`), { code, errno: result, syscall: call });
  }
}

/** Bytes that wait, in the order in which they came. */
class Backlog {
  /** The first to be taken stands last: an array gives away its last element at no cost, however long it is. */
  #next: Uint8Array[] = [];
  /** What came later than all of that, in its order. */
  #later: Uint8Array[] = [];

  get isEmpty(): boolean {
    return this.#next.length === 0 && this.#later.length === 0;
  }

  add(bytes: Uint8Array): void {
    this.#later.push(bytes);
  }

  putBack(bytes: Uint8Array): void {
    this.#next.push(bytes);
  }

  /** The first piece, or as many small ones as a chunk holds: to write each of them would be a system call. */
  take(): Uint8Array {
    if (this.#next.length === 0) [this.#next, this.#later] = [this.#later.reverse(), []];
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let piece = this.#next.at(-1); piece !== undefined; piece = this.#next.at(-1)) {
      if (pieces.length > 0 && length + piece.byteLength > CHUNK) break;
      pieces.push(piece);
      length += piece.byteLength;
      this.#next.pop();
    }
    return joined(pieces);
  }
}

function modeWords(): Uint32Array {
  const words = new Uint32Array(TERMINAL_MODE_SIZE / 4);
  words[TERMINAL_MODE.size >> 2] = TERMINAL_MODE_SIZE;
  return words;
}

export function openTerminal(binding: Binding, loop: Loop, { rows, cols }: TerminalSize): OpenTerminal | Failure {
  const words = new Int32Array(TERMINAL_SIZE / 4);
  words[TERMINAL.size >> 2] = TERMINAL_SIZE;
  const result = binding.terminalOpen(rows, cols, words);
  if (result < 0) return { errno: -result, step: "stdio", index: 0 };
  const fd = (at: number): number => words[at >> 2] as number;
  const given = fd(TERMINAL.terminal);
  return { end: new NativeTerminal(binding, loop, fd(TERMINAL.read), fd(TERMINAL.write), given), given };
}
