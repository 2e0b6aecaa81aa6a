/** A child that is set up and waits, by a read of an eventfd, for what to execute. */
import type { ExecRefusal, Failure, Prespawned, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { ERRNO, SIGNAL } from "./abi.gen.js";
import type { Door } from "./door.js";
import { encode } from "./encode.js";
import type { Native } from "./native.js";
import type { LateChild } from "./submit.js";

export class ParkedChild implements Prespawned {
  readonly ended: Promise<Failure | undefined>;
  readonly #native: Native;
  readonly #door: Door;
  readonly #child: LateChild;
  readonly #ticket: number;
  readonly #born: bigint;
  #gate: number;

  constructor(native: Native, door: Door, child: LateChild, ticket: number, gate: number) {
    this.#native = native;
    this.#door = door;
    this.#child = child;
    this.#ticket = ticket;
    this.#gate = gate;
    this.#born = birthmark(door);
    // Nobody knows of it yet, so it keeps nobody alive.
    child.unref();
    this.ended = child.started.then(async (failure) => {
      // What it was to run, if anything, runs or has failed. Else its chain has ended, and it has yet to be reaped.
      if (this.#gate < 0) return failure;
      for (const pipe of child.pipes.values()) pipe.close();
      this.#closeGate();
      await child.exited;
      return failure;
    });
  }

  exec(request: SpawnRequest): Starting | ExecRefusal {
    if (this.#gate < 0) return "gone";
    if (birthmark(this.#door) !== this.#born) return "stale";
    const { block, environ } = this.#native;
    // "." is where it was born, which is where we are: the birthmark has it.
    const program = { ...request, cwd: request.cwd ?? "." };
    const length = encode(block, "io_uring", program, environ(request.env));
    const result = this.#door.fill(this.#ticket, this.#gate, block.bytes, length);
    if (result === -ERRNO.E2BIG) return "too long";
    if (result < 0) return "gone";
    this.#closeGate();
    this.#child.ref();
    return this.#child;
  }

  kill(): void {
    if (this.#gate < 0) return;
    // Whoever waits for its end can.
    this.#child.ref();
    this.#child.kill(SIGNAL.SIGKILL);
  }

  #closeGate(): void {
    if (this.#gate >= 0) this.#door.close(this.#gate);
    this.#gate = -1;
  }
}

function birthmark(door: Door): bigint {
  const mark = new BigUint64Array(1);
  const result = door.birthmark(mark);
  if (result < 0) throw new Error(`this program cannot be compared with its children (errno ${-result})`);
  return mark[0] as bigint;
}
