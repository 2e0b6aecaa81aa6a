/** Tries every way to start a command, ringspawn's and Deno's own, and prints what each comes to as a line of JSON. */
import { Command } from "ringspawn";

interface Attempt {
  readonly command: string;
  readonly options?: Deno.CommandOptions;
}

function outcome(start: () => { code: number }): unknown {
  try {
    return start().code;
  } catch (error) {
    const { name, message } = error as Error;
    // Only messages about permissions are compared: those are Deno's, and others ringspawn's.
    return name === "NotCapable" ? `${name}: ${message}` : name;
  }
}

for (const { command, options } of JSON.parse(Deno.args[0] as string) as Attempt[]) {
  let engine = "";
  const ours = outcome(() => {
    const output = new Command(command, options).outputSync();
    engine = output.engine;
    return output;
  });
  const theirs = Deno.args[1] === "alone" ? ours : outcome(() => new Deno.Command(command, options).outputSync());
  console.log(JSON.stringify({ command, engine, ours, theirs }));
}
