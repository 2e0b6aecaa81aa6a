/** A prespawned child: it is set up, and waits for its program by a read of an eventfd. */
import type { ExecRefusal, Failure, Prespawned, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { ERRNO, SIGNAL } from "./abi.gen.js";
import type { Binding } from "./binding.js";
import { encode } from "./encode.js";
import type { Native } from "./native.js";
import type { StartingChild } from "./submit.js";

export class PrespawnedChild implements Prespawned {
  readonly ended: Promise<Failure | undefined>;
  readonly #native: Native;
  readonly #binding: Binding;
  readonly #child: StartingChild;
  readonly #ticket: number;
  readonly #inherited: bigint;
  #releaseFd: number;

  constructor(native: Native, binding: Binding, child: StartingChild, ticket: number, releaseFd: number) {
    this.#native = native;
    this.#binding = binding;
    this.#child = child;
    this.#ticket = ticket;
    this.#releaseFd = releaseFd;
    this.#inherited = inheritedHash(binding);
    // A child without a program does not keep this program alive.
    child.unref();
    this.ended = child.started.then(async (failure) => {
      // With a program, the child runs it or has failed. Without one, its chain has ended, and it is yet to be reaped.
      if (this.#releaseFd < 0) return failure;
      for (const pipe of child.pipes.values()) pipe.close();
      this.#closeReleaseFd();
      await child.exited;
      return failure;
    });
  }

  exec(request: SpawnRequest): Starting | ExecRefusal {
    if (this.#releaseFd < 0) return "gone";
    if (inheritedHash(this.#binding) !== this.#inherited) return "stale";
    const { block, environ } = this.#native;
    // "." is the child's working directory, and the equal hashes say that it is this process's, too.
    const program = { ...request, cwd: request.cwd ?? "." };
    const length = encode(block, "io_uring", program, environ(request.env));
    const result = this.#binding.prespawnExec(this.#ticket, this.#releaseFd, block.bytes, length);
    if (result === -ERRNO.E2BIG) return "too long";
    if (result < 0) return "gone";
    this.#closeReleaseFd();
    this.#child.ref();
    return this.#child;
  }

  kill(): void {
    if (this.#releaseFd < 0) return;
    // A caller may wait for its end, so the child keeps this program alive until then.
    this.#child.ref();
    this.#child.kill(SIGNAL.SIGKILL);
  }

  #closeReleaseFd(): void {
    if (this.#releaseFd >= 0) this.#binding.close(this.#releaseFd);
    this.#releaseFd = -1;
  }
}

function inheritedHash(binding: Binding): bigint {
  const hash = new BigUint64Array(1);
  const result = binding.inheritedHash(hash);
  if (result < 0) throw new Error(`this program cannot be compared with its children (errno ${-result})`);
  return hash[0] as bigint;
}
