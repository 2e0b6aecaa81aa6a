/**
 * ringspawn/register: has the native engines start every process of this program, behind the API that it uses already.
 * For `node --import`, `bun --preload` and `deno --preload`.
 */
import { register, unregister as unregisterHere } from "#register";

register();

/** Gives the API back to the runtime. What was started before goes on as it is. */
export const unregister: () => void = unregisterHere;
