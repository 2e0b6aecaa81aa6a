/** Every question by the name that the command line has for it, in the order of the document. */
import type { Question } from "../lib/question.ts";
import { question as build } from "./build.ts";
import { question as bulk } from "./bulk.ts";
import { question as burst } from "./burst.ts";
import { question as call } from "./call.ts";
import { question as capture } from "./capture.ts";
import { question as cpu } from "./cpu.ts";
import { question as delay } from "./delay.ts";
import { question as engines } from "./engines.ts";
import { question as environment } from "./environment.ts";
import { question as fds } from "./fds.ts";
import { question as first } from "./first.ts";
import { question as growth } from "./growth.ts";
import { question as memory } from "./memory.ts";
import { question as packages } from "./packages.ts";

const list = {
  call,
  burst,
  capture,
  bulk,
  cpu,
  delay,
  fds,
  environment,
  memory,
  first,
  growth,
  build,
  packages,
  engines,
};

export const questions: ReadonlyMap<string, Question> = new Map(Object.entries(list));
