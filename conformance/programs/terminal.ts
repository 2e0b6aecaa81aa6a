/** Opens a terminal and waits for nothing: says whether something holds this program, or what becomes of an error. */
import { spawn, Terminal } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent, patience } from "../tools.ts";

const [engine, witness, how] = parent.argv.slice(2) as [EngineName, string, string];

/** Tells that the program lives on, which this does not bring about; and lets it end. */
function look(terminal: Terminal): void {
  const timer = setTimeout(() => {
    console.log("held");
    terminal.close();
  }, patience(300));
  timer.unref();
}

function idle(): void {
  const terminal = new Terminal({ engine });
  if (how !== "idle") terminal.unref();
  if (how === "idle-unref-ref") terminal.ref();
  look(terminal);
}

function withChild(): void {
  const child = spawn([witness, "cat"], { engine, terminal: {} });
  const terminal = child.terminal as Terminal;
  child.unref();
  if (how === "both-unref") terminal.unref();
  look(terminal);
}

function thrower(): void {
  parent.on("uncaughtException", (error: Error) => console.log(`uncaught ${error.message}`));
  const child = spawn([witness, "write", "3"], {
    engine,
    terminal: {
      data() {
        throw new Error("of data");
      },
      exit(_, code) {
        console.log(`exit ${code}`);
        throw new Error("of exit");
      },
    },
  });
  void child.exited.then((code) => console.log(`exited ${code}`));
}

if (how.startsWith("idle")) idle();
else if (how.endsWith("unref")) withChild();
else if (how === "throws") thrower();
else spawn([witness, "exit", "0"], { engine, terminal: { exit: (_, code) => console.log(`exit ${code}`) } });
