/** The io_uring engine: what vfork does, by a chain that the kernel carries out; and starts that nobody waits for. */
import type { Failure, Prespawned, Refusal, Running, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { ERRNO, RING } from "./abi.gen.js";
import type { Door } from "./door.js";
import { NativeEngine, type Ready, shortOf } from "./engine.js";
import { Shortage } from "./native.js";
import { ParkedChild } from "./park.js";
import { LateChild, Submitter } from "./submit.js";

/** Requests of one chain (URING_MAX_CHAIN), less what the steps of any request may take. */
const MAX_CANDIDATES = 256;

export class UringEngine extends NativeEngine {
  readonly name = "io_uring";
  #starts: Submitter | undefined;
  #parking: Submitter | undefined;

  start(request: SpawnRequest): Starting | Running | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { door, turning } = ready;
    const { block, outcome, status } = this.native;
    const ticket = door.queue(block.bytes, this.encode(request), outcome.words);
    // What takes more than one chain is waited for.
    if (ticket === -ERRNO.EOPNOTSUPP) return this.spawn(request);
    if (ticket < 0) return { errno: -ticket, step: "request", index: 0 };
    if (outcome.failure !== undefined) return outcome.failure;
    const submitter = (this.#starts ??= new Submitter(door, turning, RING.starts));
    return submitter.add(ticket, new LateChild(door, turning, request, outcome, status, () => submitter.submit()));
  }

  prespawn(request: SpawnRequest): Prespawned | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { door, turning } = ready;
    const { block, outcome, status } = this.native;
    const gate = door.gate();
    if (gate < 0) return { errno: -gate, step: "stdio", index: 0 };
    // In the child the eventfd stands behind all other fds.
    const target = (request.slots.at(-1)?.target ?? 2) + 1;
    const slots = [...request.slots, { target, kind: "fd", fd: gate } as const];
    const ticket = door.park(block.bytes, this.encode({ ...request, slots }), target, outcome.words);
    const failure: Failure | undefined = ticket < 0 ? { errno: -ticket, step: "request", index: 0 } : outcome.failure;
    if (failure !== undefined) {
      door.close(gate);
      return failure;
    }
    const submitter = (this.#parking ??= new Submitter(door, turning, RING.parking));
    const child = new LateChild(door, turning, request, outcome, status, () => submitter.submit());
    submitter.add(ticket, child);
    return new ParkedChild(this.native, door, child, ticket, gate);
  }

  protected override probe(door: Door, out: Uint32Array): number {
    return door.probeIoUring(out);
  }

  protected override refusesWhen(_: Ready, { candidates }: SpawnRequest): Refusal | undefined {
    if (candidates.length <= MAX_CANDIDATES) return undefined;
    const reason = `a chain searches ${MAX_CANDIDATES} directories at most, PATH has ${candidates.length}`;
    return { option: "env.PATH", reason };
  }
}
