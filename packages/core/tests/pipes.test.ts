/** Every Source and Sink that there is under Node, by the one contract. */
import type { Launcher, Sink, Source } from "@ringspawn/core/seam";
import { test } from "vitest";
import built from "../../adapter-node/dist/index.js";
import { Drain, limited } from "../src/collect.js";
import { WebSink, webSource } from "../src/web-pipe.js";
import { engineSubject, givenFdContract, hugeChunkContract, pipeContract, type Subject } from "./pipe-contract.js";

const launcher: Launcher = built;
const native = engineSubject(launcher, "vfork", { sources: [1, 2, 5], sinks: [0, 4], sockets: [3, 6] });
const runtime = engineSubject(launcher, "runtime", { sources: [1, 2, 5], sinks: [0, 4], sockets: [3, 6] });

/** What stands between the pipes of an engine and their readers. */
function between(name: string, subject: Subject, wrap: (source: Source) => Source): Subject {
  const start: Subject["start"] = (script, slots) => {
    const child = subject.start(script, slots);
    const sources = new Map<number, Source>();
    return {
      exited: child.exited,
      kill: (signal) => child.kill(signal),
      sink: (fd) => child.sink(fd),
      source(fd) {
        const source = sources.get(fd) ?? child.source(fd);
        if (source !== undefined && !sources.has(fd)) sources.set(fd, wrap(source));
        return sources.get(fd);
      },
    };
  };
  return { name: `${name} over ${subject.name}`, start, sources: [1], sinks: [], sockets: [] };
}

/** What the handle of a process has besides. */
type Streams = ReturnType<Subject["start"]> & Pick<ReturnType<Launcher["spawn"]>, "readable" | "writable">;

/** Web streams of a child, as a runtime's own child may have them. */
const web: Subject = {
  name: `web streams over ${native.name}`,
  sources: [1, 2],
  sinks: [0],
  sockets: [],
  start(script, slots) {
    const process = native.start(script, slots) as Streams;
    const sources = new Map<number, Source>();
    const sinks = new Map<number, Sink>();
    for (const { target } of slots) {
      const [readable, writable] = [process.readable(target), process.writable(target)];
      if (readable) sources.set(target, webSource(readable));
      if (writable) sinks.set(target, new WebSink(writable));
    }
    return {
      exited: process.exited,
      kill: (signal) => process.kill(signal),
      source: (fd) => sources.get(fd),
      sink: (fd) => sinks.get(fd),
    };
  },
};

const subjects: readonly Subject[] = [
  native,
  runtime,
  web,
  between("Drain", native, (source) => new Drain(source)),
  between("Drain", runtime, (source) => new Drain(source)),
  between("limited", native, (source) => limited(source, Infinity, () => {})),
];

const tests = [
  ...subjects.flatMap(pipeContract),
  ...hugeChunkContract(native),
  ...givenFdContract(launcher, "runtime"),
];

for (const [name, run] of tests) test.concurrent(name, run, 60_000);
