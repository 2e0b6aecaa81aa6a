/** A pool of one child, of which each use finds that child waiting. */
import { setTimeout as delay } from "node:timers/promises";
import { createPool } from "ringspawn/pool";
import type { Pool, PoolOptions } from "ringspawn/pool";

export class WaitingPool {
  readonly #options: PoolOptions;
  #pool: Pool | undefined;

  constructor(options: Omit<PoolOptions, "size" | "engine">) {
    this.#options = { ...options, size: 1, engine: "io_uring" };
  }

  async prepare(): Promise<void> {
    this.#pool ??= createPool(this.#options);
    // That it is there does not mean that it has come to where it waits.
    while (this.#pool.stats().waiting === 0) await delay(1);
    await delay(5);
  }

  /** @throws {Error} when it was not the waiting child that became the program */
  spawn(path: string): ReturnType<Pool["spawn"]> {
    if (this.#pool === undefined) throw new Error("the pool was not prepared");
    const { served } = this.#pool.stats();
    const child = this.#pool.spawn(path);
    if (this.#pool.stats().served !== served + 1) throw new Error("no waiting child has served it");
    return child;
  }

  async close(): Promise<void> {
    await this.#pool?.[Symbol.asyncDispose]();
  }
}
