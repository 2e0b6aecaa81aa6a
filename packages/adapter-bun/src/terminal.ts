/** Bun's own terminals as core's. */
import { bare, type TerminalEnd, type TerminalEvents, type TerminalFlags } from "@ringspawn/core/seam";
import type { OpenTerminal, TerminalSize } from "@ringspawn/core/seam";

// Taken now: a program may put ringspawn in its place. A Bun of before 1.3.5 has none.
const { Terminal } = Bun as { readonly Terminal?: typeof Bun.Terminal };

/** What Bun calls with an end that nobody has closed. */
const ENDED = 1;

/** Whether this is a terminal that the program has opened by Bun itself. */
export function ownsTerminal(value: object): boolean {
  return Terminal !== undefined && value instanceof Terminal;
}

/** Undefined where Bun has no terminals. */
export const openTerminal: ((size: TerminalSize) => OpenTerminal) | undefined =
  Terminal &&
  ((size) => {
    const relay = new Relay();
    const given = new Terminal(relay.options(size));
    return { end: new BunTerminal(given, relay), given };
  });

/** Hands on what Bun tells of a terminal once somebody listens. Bun tells nothing in the turn that opens one. */
export class Relay {
  events: TerminalEvents | undefined;

  options({ cols, rows }: TerminalSize): Bun.TerminalOptions {
    return bare({
      cols,
      rows,
      data: (_: Bun.Terminal, bytes: Uint8Array) => this.events?.data(bytes),
      exit: (_: Bun.Terminal, code: number) => {
        if (code === ENDED) this.events?.end();
      },
      drain: () => this.events?.drain?.(),
    });
  }
}

/** Bun tells of all that came before it tells of the end of a process. */
export class BunTerminal implements TerminalEnd {
  readonly #terminal: Bun.Terminal;
  readonly #relay: Relay;

  constructor(terminal: Bun.Terminal, relay: Relay) {
    this.#terminal = terminal;
    this.#relay = relay;
  }

  listen(events: TerminalEvents): void {
    this.#relay.events = events;
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  resize({ cols, rows }: TerminalSize): void {
    this.#terminal.resize(cols, rows);
  }

  flags(): TerminalFlags {
    const { inputFlags, outputFlags, controlFlags, localFlags } = this.#terminal;
    return { input: inputFlags, output: outputFlags, control: controlFlags, local: localFlags };
  }

  setFlags({ input, output, control, local }: TerminalFlags): void {
    this.#terminal.inputFlags = input;
    this.#terminal.outputFlags = output;
    this.#terminal.controlFlags = control;
    this.#terminal.localFlags = local;
  }

  setRawMode(isRaw: boolean): void {
    this.#terminal.setRawMode(isRaw);
  }

  settle(): void {}

  ref(): void {
    this.#terminal.ref();
  }

  unref(): void {
    this.#terminal.unref();
  }

  close(): void {
    this.#terminal.close();
  }
}
