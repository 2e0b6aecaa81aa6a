/** Opens a terminal by an engine, and prints how that went. */
import { type EngineName, Terminal } from "ringspawn";

try {
  const terminal = new Terminal({ engine: process.argv[2] as EngineName });
  console.log(terminal.engine);
  terminal.close();
} catch (error) {
  const { code, permission } = error as { code?: string; permission?: string };
  console.log(`${code} ${permission}`);
}
