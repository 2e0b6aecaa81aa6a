/**
 * Every question by the name that the command line has for it, in the order of the document. They are loaded one by
 * one: a question needs what lib/build.ts compiles, and its name does not.
 */
import type { Question } from "../lib/question.ts";

type Load = () => Promise<{ readonly question: Question }>;

const list = {
  call: () => import("./call.ts"),
  burst: () => import("./burst.ts"),
  capture: () => import("./capture.ts"),
  bulk: () => import("./bulk.ts"),
  cpu: () => import("./cpu.ts"),
  delay: () => import("./delay.ts"),
  fds: () => import("./fds.ts"),
  environment: () => import("./environment.ts"),
  memory: () => import("./memory.ts"),
  first: () => import("./first.ts"),
  growth: () => import("./growth.ts"),
  build: () => import("./build.ts"),
  packages: () => import("./packages.ts"),
  engines: () => import("./engines.ts"),
  instruction: () => import("./instruction.ts"),
  talk: () => import("./talk.ts"),
} satisfies Record<string, Load>;

export const questions: ReadonlyMap<string, Load> = new Map(Object.entries(list));
