/** A permission broker: what Deno asks at every call of a program that is started with the variable of `env`. */
export interface Broker extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

interface Question {
  readonly id: number;
  readonly permission: string;
  readonly value: string | null;
}

/** @param denies is matched with `run:/bin/true` and the like; everything else is allowed. */
export function startBroker(denies: RegExp): Broker {
  const folder = Deno.makeTempDirSync({ prefix: "ringspawn-broker-" });
  const path = `${folder}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  const serving = serve(listener, denies);
  return {
    env: { DENO_PERMISSION_BROKER_PATH: path },
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

async function serve(listener: Deno.Listener, denies: RegExp): Promise<void> {
  const talks: Promise<void>[] = [];
  for await (const connection of listener) talks.push(answer(connection, denies));
  await Promise.all(talks);
}

/** A question and its answer are a line of JSON each. */
async function answer(connection: Deno.Conn, denies: RegExp): Promise<void> {
  const writer = connection.writable.getWriter();
  const utf8 = new TextEncoder();
  let rest = "";
  for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      const { id, permission, value } = JSON.parse(line) as Question;
      const result = denies.test(`${permission}:${value ?? ""}`) ? "deny" : "allow";
      await writer.write(utf8.encode(`${JSON.stringify({ id, result })}\n`));
    }
  }
}
