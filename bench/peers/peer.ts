/** What each API does in the same way, so that it can be measured against others. */
export interface StartOptions {
  readonly args?: string[];
  /** The whole environment of the child. Default: that of this program. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

export interface Started {
  readonly child: { readonly pid?: number | undefined };
  /** The exit status. */
  readonly exited: Promise<number | null>;
}

export interface Side {
  /** Starts a program with all of its stdio from and to /dev/null. */
  readonly start: (path: string, options?: StartOptions) => Started;
  /** Runs a program and collects its stdout and stderr; gives stdout. */
  readonly capture: (path: string) => Promise<Uint8Array>;
  /** Runs a program and reads its stdout piece by piece; gives the number of bytes. */
  readonly read: (path: string) => Promise<number>;
  /** Runs a program that reads its stdin, and writes the block into it so many times. */
  readonly write: (path: string, block: Uint8Array, times: number) => Promise<number | null>;
}

/** What a runtime brings along. */
export interface Peer {
  /** The API's name: `Bun.spawn` */
  readonly name: string;
  /** The runtime: `Bun 1.4.5` */
  readonly version: string;
  /** Our API of the same shape. */
  readonly face: "Command" | "spawn";
  readonly own: Side;
}
