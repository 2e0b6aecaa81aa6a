/** What a question is answered with. It is written as JSON, and tables, plots and the document are made of it alone. */

/** The runtime's own API, ours, another package or another way to do without ours, and what C needs for the same. */
export type Role = "own" | "ours" | "other" | "floor";

export type Unit = "µs" | "ms" | "kB";

/** Of many samples. Half of them lie between the quartiles, `low` and `high`. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly least: number;
  readonly count: number;
}

export interface Named {
  /** The API: `Bun.spawn`. */
  readonly name: string;
  readonly role: Role;
  /** The engine that started every child of this figure; that was asserted of each. */
  readonly engine?: string | undefined;
}

export interface Measured extends Named {
  /** Why there is no figure. */
  readonly absent?: string | undefined;
  readonly figure?: Figure | undefined;
  /** By pairs of one round: the runtime's own over this one. Above 1, this one needs less. */
  readonly ownOver?: Figure | undefined;
  /** By pairs of one round: this one over the floor. */
  readonly overFloor?: Figure | undefined;
}

export interface Comparison {
  /** Under which circumstances: `64 at once`. */
  readonly title: string;
  /** What was measured: `call`. */
  readonly measure: string;
  readonly unit: Unit;
  readonly ways: readonly Measured[];
}

export interface Line extends Named {
  readonly points: readonly { readonly at: number; readonly figure: Figure }[];
  /** Of the straight line by least squares: by how much the measure grows for one more. */
  readonly slope: number;
  /** How much of the differences that line explains: 1 is all. */
  readonly fit: number;
}

export interface Growth {
  readonly title: string;
  readonly measure: string;
  readonly unit: Unit;
  /** What there is more and more of: `GB of buffers`. */
  readonly of: string;
  readonly lines: readonly Line[];
}

export interface Results {
  /** What was measured, if that is not the runtime that has answered: `C`. */
  readonly runtime?: string;
  readonly comparisons: readonly Comparison[];
  readonly growths?: readonly Growth[];
  /** What a reader has to know besides, and only this run knows: which version was built, say. */
  readonly notes?: readonly string[];
}

export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  readonly processors: number;
  readonly gigabytes: number;
  readonly emulated: boolean;
  /** The clock counts instructions, a nanosecond each: what stands as times are these. */
  readonly instructions: boolean;
}

export interface Answer extends Results {
  readonly question: string;
  readonly title: string;
  readonly about: string;
  /** `Bun 1.4.5` */
  readonly runtime: string;
  readonly date: string;
  /** The commit of ringspawn that was measured. */
  readonly commit: string;
  /** Taken with --quick: only to see that it works. */
  readonly quick: boolean;
  readonly machine: Machine;
  /** The one-minute load average, before and after. */
  readonly load: readonly [number, number];
}
