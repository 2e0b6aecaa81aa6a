/** ringspawn/pool: children that wait for what they are to run. Experimental: it may change in any release. */
import launcher from "#adapter";
import { type CreatePool, createPoolFactory } from "@ringspawn/core/pool";

export type { CreatePool, Pool, PoolOptions, PoolStats, PoolStdio } from "@ringspawn/core/pool";

/** Keeps children waiting for what they are to run. Experimental. */
export const createPool: CreatePool = createPoolFactory(launcher);
