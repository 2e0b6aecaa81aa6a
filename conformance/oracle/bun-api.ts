/** What the oracle asks of Bun and of ours alike. */

/** Values without a type, as in JavaScript: the oracle makes calls that types forbid, and looks at any result. */
export type Any = any;

export interface Api {
  readonly spawn: (...args: Any[]) => Any;
  readonly spawnSync: (...args: Any[]) => Any;
  readonly Terminal: Any;
}
