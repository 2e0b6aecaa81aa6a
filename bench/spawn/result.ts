/** What the benchmark prints with --json, and the document is made of. Times are nanoseconds. */
export interface Figure {
  readonly min: number;
  readonly median: number;
}

/** Nothing, allocated, touched: in this order. */
export interface Column {
  readonly runs: number;
  /** Until the child's first instruction. */
  readonly first: Figure;
  /** Until the parent could go on. */
  readonly held: Figure;
}

export type Way =
  | { readonly name: string; readonly absent: string; readonly columns?: undefined }
  | { readonly name: string; readonly columns: readonly Column[]; readonly absent?: undefined };

interface Provenance {
  readonly date: string;
  readonly kernel: string;
  readonly processor: string;
  readonly processors: number;
  readonly emulated: boolean;
  /** The one-minute load average, before and after; under emulation the guest's own. */
  readonly load: readonly [number, number];
  /** What whoever measured has to add: what else ran on the host, say. */
  readonly note?: string | undefined;
  /** The clock counted instructions, a nanosecond each: what stands as times are these. */
  readonly instructions?: boolean;
  /** Descriptors that the parent had open besides. */
  readonly fds?: number;
  readonly megabytes: number;
}

export interface Result {
  readonly provenance: Provenance;
  readonly ways: readonly Way[];
  readonly rings: readonly { readonly name: string; readonly runs: number; readonly open: Figure }[];
  readonly runtimes: readonly { readonly runtime: string; readonly ways: readonly Way[] }[];
}
