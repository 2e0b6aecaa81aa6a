/** ringspawn/child_process in Bun and Deno: the runtime's own. */
export * from "node:child_process";
export { default } from "node:child_process";
