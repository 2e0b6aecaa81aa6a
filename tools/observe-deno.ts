/** Preloaded into the run without register: writes down what Deno.Command and Deno.spawn* are asked to start. */
const file = Deno.env.get("TOOLS_OBSERVED")!;
const note = (argv: readonly string[]) => {
  Deno.writeTextFileSync(file, `${JSON.stringify({ argv })}\n`, { append: true });
};

const { Command } = Deno;
Deno.Command = class extends Command {
  readonly #argv: readonly string[];
  constructor(file: string | URL, options?: Deno.CommandOptions) {
    super(file, options);
    this.#argv = [String(file), ...(options?.args ?? [])];
  }
  override spawn(): Deno.ChildProcess {
    note(this.#argv);
    return super.spawn();
  }
  override output(): Promise<Deno.CommandOutput> {
    note(this.#argv);
    return super.output();
  }
  override outputSync(): Deno.CommandOutput {
    note(this.#argv);
    return super.outputSync();
  }
};
for (const name of ["spawn", "spawnAndWait", "spawnAndWaitSync"] as const) {
  const original = Deno[name];
  Object.assign(Deno, {
    [name]: (file: string | URL, ...rest: unknown[]) => {
      note([String(file), ...(Array.isArray(rest[0]) ? (rest[0] as string[]) : [])]);
      return Reflect.apply(original, Deno, [file, ...rest]);
    },
  });
}
