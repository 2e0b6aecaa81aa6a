/** The io_uring engine: the kernel carries out the chain; starts that are not waited for, and prespawned children. */
import type { Failure, Prespawned, Refusal, Running, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { ERRNO, RING } from "./abi.gen.js";
import type { Binding } from "./binding.js";
import { NativeEngine, type Ready, shortOf } from "./engine.js";
import { Shortage } from "./shortage.js";
import { PrespawnedChild } from "./prespawn.js";
import { StartingChild, Submitter } from "./submit.js";

/** Requests of one chain (URING_MAX_CHAIN), less what the steps of any request may take. */
const MAX_CANDIDATES = 256;

export class UringEngine extends NativeEngine {
  readonly name = "io_uring";
  #starts: Submitter | undefined;
  #prespawns: Submitter | undefined;

  start(request: SpawnRequest): Starting | Running | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { binding, turning } = ready;
    const { block, outcome, status } = this.native;
    const ticket = binding.queue(block.bytes, this.encode(request), outcome.begin());
    // A start that takes a second chain has to be waited for.
    if (ticket === -ERRNO.EOPNOTSUPP) return this.spawn(request);
    if (ticket < 0) return { errno: -ticket, step: "request", index: 0 };
    if (outcome.failure !== undefined) return outcome.failure;
    const submitter = (this.#starts ??= new Submitter(binding, turning, RING.starts));
    return submitter.add(
      ticket,
      new StartingChild(binding, turning, request, outcome, status, () => submitter.submit()),
    );
  }

  prespawn(request: SpawnRequest): Prespawned | Failure {
    const ready = this.ready();
    if (ready instanceof Shortage) return shortOf(ready);
    const { binding, turning } = ready;
    const { block, outcome, status } = this.native;
    const release = binding.eventfd();
    if (release < 0) return { errno: -release, step: "stdio", index: 0 };
    // In the child the eventfd stands behind all other fds.
    const target = (request.slots.at(-1)?.target ?? 2) + 1;
    const slots = [...request.slots, { target, kind: "fd", fd: release, given: false } as const];
    const ticket = binding.prespawn(block.bytes, this.encode({ ...request, slots }), target, outcome.begin());
    const failure: Failure | undefined = ticket < 0 ? { errno: -ticket, step: "request", index: 0 } : outcome.failure;
    if (failure !== undefined) {
      binding.close(release);
      return failure;
    }
    const submitter = (this.#prespawns ??= new Submitter(binding, turning, RING.prespawns));
    const child = new StartingChild(binding, turning, request, outcome, status, () => submitter.submit());
    submitter.add(ticket, child);
    return new PrespawnedChild(this.native, binding, child, ticket, release);
  }

  protected override probe(binding: Binding, out: Uint32Array): number {
    return binding.probeIoUring(out);
  }

  protected override refusesWhen(_: Ready, { candidates }: SpawnRequest): Refusal | undefined {
    if (candidates.length <= MAX_CANDIDATES) return undefined;
    const reason = `a chain searches ${MAX_CANDIDATES} directories at most, PATH has ${candidates.length}`;
    return { option: "env.PATH", reason };
  }
}
