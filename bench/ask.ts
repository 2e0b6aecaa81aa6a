/**
 * Answers one part of one question in this runtime, and writes its results as JSON. run.ts starts it:
 *
 *   ask.ts QUESTION PART FILE SETTINGS
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { Settings } from "./lib/question.ts";
import type { Results } from "./lib/result.ts";
import { here } from "./peers/here.ts";
import { questions } from "./questions/index.ts";

/** What is told to run.ts. */
export interface Told extends Results {
  readonly runtime: string;
}

const [name = "", part = "", file = "", text = "{}"] = process.argv.slice(2);
const settings = JSON.parse(text) as Settings;
const load = questions.get(name);
if (load === undefined) throw new Error(`there is no question "${name}"`);
const { question } = await load();

const rounds = (full: number): number => (settings.quick ? Math.min(2, full) : full);
const results = await question.answer({ ...settings, part, rounds });
const told: Told = { runtime: here.version, ...results };
writeFileSync(file, JSON.stringify(told));
