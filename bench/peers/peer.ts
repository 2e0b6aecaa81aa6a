/** What a runtime's own spawn is measured by. */
export interface Side {
  /** Starts a program without stdio; the promise is its end. */
  readonly start: (path: string) => Promise<unknown>;
  /** Runs a program and collects its stdout and stderr; gives stdout. */
  readonly capture: (path: string) => Promise<Uint8Array>;
}

export interface Peer {
  /** The API's name: `Bun.spawn` */
  readonly name: string;
  /** The runtime: `Bun 1.4.5` */
  readonly version: string;
  /** Our API of the same shape. */
  readonly face: "Command" | "spawn";
  readonly own: Side;
}
