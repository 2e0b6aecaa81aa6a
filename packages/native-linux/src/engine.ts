/** SEAM 1 on the native side: an engine for each executor, over the binding that a runtime has opened. */
import type {
  Engine,
  ExplainedStep,
  Failure,
  Refusal,
  Running,
  SetupKey,
  SpawnRequest,
  SyncOptions,
  SyncResult,
} from "@ringspawn/core/seam";
import { Child } from "./child.js";
import { decodeExplained, decodeProbe, EXPLAINED_QUADS } from "./decode.js";
import type { Binding } from "./binding.js";
import { ENCODED, type NativeName } from "./encode.js";
import { type Loops, type Native, refusal, Shortage } from "./native.js";
import { waitSync } from "./sync.js";

const PROBE_WORDS = 4;
const SERVED: ReadonlySet<SetupKey> = new Set(Object.keys(ENCODED) as SetupKey[]);

interface Ready extends Loops {
  readonly binding: Binding;
  /** What the trial spawn told besides (`clone3` of `rs_probe`). */
  readonly extra: number;
}

export abstract class NativeEngine implements Engine {
  abstract readonly name: NativeName;
  readonly api = "the native engine";
  readonly serves: ReadonlySet<SetupKey> = SERVED;
  protected readonly native: Native;
  readonly #permits: (request: SpawnRequest) => Refusal | undefined;
  #ready: Ready | string | undefined;

  /** @param permits what the runtime would not permit its own spawn. Default: everything is permitted. */
  constructor(native: Native, permits: (request: SpawnRequest) => Refusal | undefined = () => undefined) {
    this.native = native;
    this.#permits = permits;
  }

  unavailable(): string | undefined {
    const ready = this.#open();
    return typeof ready === "string" ? ready : undefined;
  }

  refuses(request: SpawnRequest): Refusal | undefined {
    const refused = this.#permits(request);
    if (refused !== undefined) return refused;
    const ready = this.#open();
    if (typeof ready === "string") return { option: "engine", reason: ready };
    if (ready instanceof Shortage) return undefined; // the spawn itself fails then, with that errno
    return this.refusesWhen(ready, request);
  }

  spawn(request: SpawnRequest): Running | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { binding, turning } = ready;
    const failure = this.#start(binding, request);
    if (failure !== undefined) return failure;
    return new Child(binding, turning, request, this.native.outcome, this.native.status);
  }

  spawnSync(request: SpawnRequest, options: SyncOptions): SyncResult | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { binding, blocking } = ready;
    const failure = this.#start(binding, request);
    if (failure !== undefined) return failure;
    return waitSync(binding, blocking, request, options, this.native.outcome, this.native.status);
  }

  explain(request: SpawnRequest): readonly ExplainedStep[] | undefined {
    const { block, binding } = this.native;
    if (typeof binding === "string") return undefined;
    const loops = this.native.loops(binding);
    if (loops instanceof Shortage) throw new Error(`the native engine could not be opened (errno ${loops.errno})`);
    if (typeof loops === "string") return undefined;
    const length = this.encode(request);
    let rows = new BigInt64Array(64 * EXPLAINED_QUADS);
    let count = binding.explain(block.bytes, length, rows, rows.length / EXPLAINED_QUADS);
    if (count > rows.length / EXPLAINED_QUADS) {
      rows = new BigInt64Array(count * EXPLAINED_QUADS);
      count = binding.explain(block.bytes, length, rows, count);
    }
    if (count < 0) throw new Error(`the native engine cannot read its own request (errno ${-count})`);
    return decodeExplained(rows, count);
  }

  /** Makes a trial spawn by the executor. */
  protected abstract probe(binding: Binding, out: Uint32Array): number;
  protected abstract refusesWhen(ready: Ready, request: SpawnRequest): Refusal | undefined;

  protected encode(request: SpawnRequest): number {
    return this.native.block.encode(this.name, request, this.native.environ(request.env));
  }

  protected ready(): Ready | Shortage {
    const ready = this.#open();
    if (typeof ready === "string") throw new Error(ready);
    return ready;
  }

  #start(binding: Binding, request: SpawnRequest): Failure | undefined {
    const { block, outcome } = this.native;
    const length = this.encode(request);
    const result = binding.spawn(block.bytes, length, outcome.words);
    if (result < 0) return { errno: -result, step: "request", index: 0 };
    return outcome.failure;
  }

  #open(): Ready | Shortage | string {
    if (this.#ready !== undefined) return this.#ready;
    const ready = this.#tryOut();
    // A shortage is not kept: the next request asks again.
    if (!(ready instanceof Shortage)) this.#ready = ready;
    return ready;
  }

  #tryOut(): Ready | Shortage | string {
    const { binding } = this.native;
    if (typeof binding === "string") return binding;
    const words = new Uint32Array(PROBE_WORDS);
    words[0] = PROBE_WORDS * 4;
    const probed = this.probe(binding, words);
    if (probed < 0) return refusal(-probed, `the trial spawn could not be made (errno ${-probed})`);
    const missing = decodeProbe(words);
    if (missing !== undefined) return refusal(words[2] as number, missing);
    const loops = this.native.loops(binding);
    if (typeof loops === "string" || loops instanceof Shortage) return loops;
    return { binding, ...loops, extra: words[3] as number };
  }
}

export type { Ready };

export function shortOf({ errno }: Shortage): Failure {
  return { errno, step: "birth", index: 0 };
}

export class VforkEngine extends NativeEngine {
  readonly name = "vfork";

  protected override probe(binding: Binding, out: Uint32Array): number {
    return binding.probe(out);
  }

  protected override refusesWhen({ extra: clone3 }: Ready, { setup }: SpawnRequest): Refusal | undefined {
    if (setup.cgroup === undefined || clone3 === 0) return undefined;
    const reason = `a birth in a cgroup needs clone3, which is refused here (errno ${clone3})`;
    return { option: "setup.cgroup", reason };
  }
}
