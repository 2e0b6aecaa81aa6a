/** Preloaded into the run without register: writes down what Deno.Command and Deno.spawn* are asked to start. */
const file = Deno.env.get("TOOLS_OBSERVED");
const note = (argv) => {
  Deno.writeTextFileSync(file, `${JSON.stringify({ argv })}\n`, { append: true });
};

const { Command } = Deno;
Deno.Command = class extends Command {
  #argv;
  constructor(file, options) {
    super(file, options);
    this.#argv = [String(file), ...(options?.args ?? [])];
  }
  spawn() {
    note(this.#argv);
    return super.spawn();
  }
  output() {
    note(this.#argv);
    return super.output();
  }
  outputSync() {
    note(this.#argv);
    return super.outputSync();
  }
};
for (const name of ["spawn", "spawnAndWait", "spawnAndWaitSync"]) {
  const original = Deno[name];
  Object.assign(Deno, {
    [name]: (file, ...rest) => {
      note([String(file), ...(Array.isArray(rest[0]) ? rest[0] : [])]);
      return Reflect.apply(original, Deno, [file, ...rest]);
    },
  });
}
