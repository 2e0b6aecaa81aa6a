/** One start with the permissions of a worker. */
import { Command, type CommandOptions } from "ringspawn";

const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: CommandOptions }) => void;
  postMessage(message: string): void;
};
scope.onmessage = ({ data: options }) => {
  try {
    const { code, engine } = new Command("/bin/true", options).outputSync();
    scope.postMessage(`${engine} ${code}`);
  } catch (error) {
    scope.postMessage(`${(error as Error).name} ${(error as Error).message}`);
  }
};
