/** Opens a terminal, and prints how that went. */
import { Terminal } from "ringspawn";

try {
  const terminal = new Terminal({});
  console.log(terminal.engine);
  terminal.close();
} catch (error) {
  console.log(`${(error as Error).name} ${(error as Error).message}`);
}
