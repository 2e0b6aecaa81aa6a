/**
 * A blocking spawn with all that Deno.Command can do when it does not block: a worker starts the child, feeds it, reads
 * it and ends it, while this thread waits. It costs a worker, some 15 ms.
 */
import fs from "node:fs";
import os from "node:os";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { bare, type RuntimeResult, type SyncOptions } from "@ringspawn/core/seam";
import { mayRead, unlessRefused } from "./permission.js";

/** What the worker is to do. `done` becomes 1 when the answer is on `port`. */
interface Order extends Pick<SyncOptions, "timeout" | "maxBuffer"> {
  readonly file: string;
  readonly options: Deno.CommandOptions;
  readonly input: Uint8Array | undefined;
  readonly killSignal: string | number;
  readonly port: MessagePort;
  readonly done: Int32Array;
}

/** Buffers, because receiveMessageOnPort looks at every element of an array. */
interface Ended extends Omit<RuntimeResult, "output"> {
  readonly output: readonly (ArrayBuffer | undefined)[];
}

type Answer = Ended | { readonly error: { readonly name: string; readonly message: string; code?: string } };

/** The web's Worker, as far as it is used here: the types of the web and of Node differ about it. */
interface WebWorker {
  postMessage(message: Order, transfer: readonly unknown[]): void;
  terminate(): void;
}

// Taken now: a program may put something else in their place.
const { MessageChannel, SharedArrayBuffer, Atomics } = globalThis;
const { Worker } = globalThis as unknown as {
  readonly Worker: new (url: string, options: { readonly type: "module" }) => WebWorker;
};
const { errors } = Deno;
const { closeSync, openSync } = fs;
const { devNull } = os;

/** Fds that a worker and a child take at least. */
const LEAST_FDS = 8;

/** @throws the error of the start, as Deno.Command throws it. */
export function runInWorker(
  file: string,
  options: Deno.CommandOptions,
  { input, timeout, maxBuffer }: SyncOptions,
  killSignal: string | number,
): RuntimeResult {
  demandFds();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel() as unknown as Record<"port1" | "port2", MessagePort>;
  const worker = new Worker(PROGRAM, bare({ type: "module" } as const));
  try {
    const bytes = input.get(0);
    // A copy, whose memory goes to the worker: what the program shares with others no Blob would take.
    const copy = bytes && new Uint8Array(bytes);
    const order = { file, options, input: copy, timeout, maxBuffer, killSignal, port: port2, done };
    worker.postMessage(order, copy === undefined ? [port2] : [port2, copy.buffer]);
    Atomics.wait(done, 0, 0);
    const answer = (receiveMessageOnPort(port1) as { readonly message: Answer } | undefined)?.message;
    if (answer === undefined) throw new Error("the worker could not send its answer");
    if (isError(answer)) throw errorOf(answer.error);
    return { ...answer, output: answer.output.map((buffer) => buffer && new Uint8Array(buffer)) };
  } finally {
    worker.terminate();
    port1.close();
  }
}

/**
 * Deno ends the whole program when a worker gets no fds, so they are tried out before, by opening /dev/null. Where
 * that may not be read they cannot be tried out.
 *
 * @throws EMFILE, as node:fs throws it.
 */
function demandFds(): void {
  if (!mayRead(devNull)) return;
  const fds: number[] = [];
  try {
    while (fds.length < LEAST_FDS) {
      const fd = unlessRefused(() => openSync(devNull, "r"));
      if (fd === undefined) return;
      fds.push(fd);
    }
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function isError(answer: Answer): answer is Exclude<Answer, Ended> {
  return Object.hasOwn(answer, "error");
}

/** An error that came through a message, in Deno's own class again. */
function errorOf({ name, message, code }: { name: string; message: string; code?: string }): Error {
  const Class =
    (errors as Record<string, new (message: string) => Error>)[name] ?? (name === "TypeError" ? TypeError : Error);
  return Object.assign(new Class(message), code !== undefined && { code });
}

/* eslint-disable no-restricted-globals -- the globals of the worker, which no program replaces */
/** The whole program of the worker. It can use nothing of this module: only its text gets there. */
function work(): void {
  const run = async (order: Order): Promise<Ended> => {
    const { options, input, timeout, maxBuffer = Infinity, killSignal } = order;
    const child = new Deno.Command(order.file, options).spawn();
    const result = { timedOut: false, overflowed: false };
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const kill = (why: keyof typeof result): void => {
      result[why] = true;
      try {
        child.kill(killSignal as Deno.Signal);
      } catch {
        // It has ended.
      }
      stop();
    };
    const ignore = (): void => {};
    // What the child does not want of its input is its own business.
    if (input !== undefined)
      void new Blob([input as Uint8Array<ArrayBuffer>]).stream().pipeTo(child.stdin).catch(ignore);
    const collect = async (
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
      into: Uint8Array<ArrayBuffer>[],
    ): Promise<void> => {
      let left = maxBuffer;
      for await (const chunk of stream) {
        into.push(chunk);
        left -= chunk.byteLength;
        if (left < 0) return kill("overflowed");
      }
    };
    const chunks: (Uint8Array<ArrayBuffer>[] | undefined)[] = [undefined];
    const reading: Promise<void>[] = [];
    for (const name of ["stdout", "stderr"] as const) {
      const list: Uint8Array<ArrayBuffer>[] | undefined = options[name] === "piped" ? [] : undefined;
      chunks.push(list);
      if (list !== undefined) reading.push(collect(child[name], list).catch(ignore));
    }
    const timer = timeout === undefined ? undefined : setTimeout(() => kill("timedOut"), timeout);
    // Deno rejects the status of a child that a real-time signal killed, and says only there which one it was.
    const { code, signal } = await child.status.catch((error: unknown) => ({
      code: null,
      signal: Number(/\d+/.exec((error as Error).message)?.[0]),
    }));
    // A grandchild may hold the pipes for ever: after a kill, only the process itself is waited for.
    await Promise.race([Promise.all(reading), stopped]);
    clearTimeout(timer);
    const output = await Promise.all(chunks.map(async (list) => list && new Blob(list).arrayBuffer()));
    return { ...result, pid: child.pid, exit: { code, signal, usage: undefined }, output };
  };
  const scope = globalThis as unknown as { onmessage: (event: { readonly data: Order }) => Promise<void> };
  scope.onmessage = async ({ data }) => {
    const answer: Answer = await run(data).catch((thrown: unknown) => {
      const { name, message, code } = thrown as Error & { readonly code: string };
      return { error: { name, message, code } };
    });
    const buffers = "error" in answer ? [] : answer.output.filter((buffer) => buffer !== undefined);
    try {
      data.port.postMessage(answer, buffers);
    } finally {
      // Whatever became of the answer, the other thread must not wait for ever.
      Atomics.store(data.done, 0, 1);
      Atomics.notify(data.done, 0);
    }
  };
}
/* eslint-enable no-restricted-globals */

const PROGRAM = `data:text/javascript,${encodeURIComponent(`(${work.toString()})()`)}`;
