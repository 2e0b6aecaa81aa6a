/** SEAM 1 on the native side: an engine for each executor, over whichever binding a runtime opened. */
import type {
  Engine,
  ExplainedStep,
  Failure,
  OpenTerminal,
  Refusal,
  Running,
  SetupKey,
  SpawnRequest,
  SyncOptions,
  SyncResult,
  TerminalSize,
} from "@ringspawn/core/seam";
import { Child } from "./child.js";
import { Explained, Probe } from "./decode.js";
import type { Binding } from "./binding.js";
import { ENCODED, encode, type NativeName } from "./encode.js";
import type { Loops, Native } from "./native.js";
import { Answer, refusal, Shortage } from "./shortage.js";
import { waitSync } from "./sync.js";
import { openTerminal } from "./terminal.js";

const SERVED: ReadonlySet<SetupKey> = new Set(Object.keys(ENCODED) as SetupKey[]);

/** No JavaScript runs meanwhile, and a signal does not tell when it will abort. */
const NO_ABORT: Refusal = {
  option: "signal",
  reason: "a call that blocks learns of no abort; a timeout would do",
};

const NOT_OURS: Refusal = {
  option: "terminal",
  reason: "a terminal that the runtime has opened can only be given to a child by the runtime's own spawn",
};

interface Ready extends Loops {
  readonly binding: Binding;
  /** What the executor's trial told. */
  readonly probed: Probe;
}

export abstract class NativeEngine implements Engine {
  abstract readonly name: NativeName;
  readonly api = "the native engine";
  readonly serves: ReadonlySet<SetupKey> = SERVED;
  protected readonly native: Native;
  readonly #permits: (request: SpawnRequest) => Refusal | undefined;
  readonly #ready: Answer<Ready | string> = new Answer(() => this.#tryOut());

  /** @param permits what the runtime would not let its own spawn do. Default: everything may be done. */
  constructor(native: Native, permits: (request: SpawnRequest) => Refusal | undefined = () => undefined) {
    this.native = native;
    this.#permits = permits;
  }

  unavailable(): string | undefined {
    const ready = this.#ready.get();
    return typeof ready === "string" ? ready : undefined;
  }

  refuses(request: SpawnRequest, sync?: SyncOptions): Refusal | undefined {
    if (sync?.signal !== undefined) return NO_ABORT;
    const first = request.slots[0];
    if (first?.kind === "open terminal" && typeof first.terminal !== "number") return NOT_OURS;
    const refused = this.#permits(request);
    if (refused !== undefined) return refused;
    const ready = this.#ready.get();
    if (typeof ready === "string") return { option: "engine", reason: ready };
    if (ready instanceof Shortage) return undefined; // then the spawn fails, and says of what
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

  openTerminal(size: TerminalSize): OpenTerminal | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    return openTerminal(ready.binding, ready.turning, size);
  }

  explain(request: SpawnRequest): readonly ExplainedStep[] | undefined {
    const { block, binding } = this.native;
    if (typeof binding === "string") return undefined;
    if (binding instanceof Shortage) throw unopened(binding);
    const loops = this.native.loops(binding);
    if (loops instanceof Shortage) throw unopened(loops);
    if (typeof loops === "string") return undefined;
    const length = this.encode(request);
    let rows = new Explained(64);
    let count = binding.explain(block.bytes, length, rows.quads, rows.capacity);
    if (count > rows.capacity) {
      rows = new Explained(count);
      count = binding.explain(block.bytes, length, rows.quads, rows.capacity);
    }
    if (count < 0) throw new Error(`the native engine cannot read its own request (errno ${-count})`);
    return rows.read(count);
  }

  /** Does once, for real, what the executor needs. */
  protected abstract probe(binding: Binding, out: Uint32Array): number;
  protected abstract refusesWhen(ready: Ready, request: SpawnRequest): Refusal | undefined;

  protected encode(request: SpawnRequest): number {
    return encode(this.native.block, this.name, request, this.native.environ(request.env));
  }

  protected ready(): Ready | Shortage {
    const ready = this.#ready.get();
    if (typeof ready === "string") throw new Error(ready);
    return ready;
  }

  #start(binding: Binding, request: SpawnRequest): Failure | undefined {
    const { block, outcome } = this.native;
    const length = this.encode(request);
    const result = binding.spawn(block.bytes, length, outcome.begin());
    if (result < 0) return { errno: -result, step: "request", index: 0 };
    return outcome.failure;
  }

  #tryOut(): Ready | Shortage | string {
    const { binding } = this.native;
    if (typeof binding === "string" || binding instanceof Shortage) return binding;
    const probed = new Probe();
    const result = this.probe(binding, probed.words);
    if (result < 0) return refusal(-result, `the trial spawn could not be made (errno ${-result})`);
    const { missing, errno } = probed;
    if (missing !== undefined) return refusal(errno, missing);
    const loops = this.native.loops(binding);
    if (typeof loops === "string" || loops instanceof Shortage) return loops;
    return { binding, ...loops, probed };
  }
}

// What a program puts on Object.prototype must not be taken for a method that an engine may lack.
Object.setPrototypeOf(NativeEngine.prototype, null);

export type { Ready };

function unopened({ errno }: Shortage): Error {
  return new Error(`the native engine could not be opened (errno ${errno})`);
}

export function shortOf({ errno }: Shortage): Failure {
  return { errno, step: "birth", index: 0 };
}

export class VforkEngine extends NativeEngine {
  readonly name = "vfork";

  protected override probe(binding: Binding, out: Uint32Array): number {
    return binding.probe(out);
  }

  protected override refusesWhen({ probed: { clone3 } }: Ready, { setup }: SpawnRequest): Refusal | undefined {
    if (setup.cgroup === undefined || clone3 === 0) return undefined;
    const reason = `a birth in a cgroup needs clone3, which is refused here (errno ${clone3})`;
    return { option: "setup.cgroup", reason };
  }
}
