/** A program that gives up its permission to run anything. */
import { Command } from "ringspawn";

function attempt(): void {
  try {
    const { engine, code } = new Command("/bin/true").outputSync();
    console.log(engine, code);
  } catch (error) {
    console.log((error as Error).name);
  }
}
attempt();
Deno.permissions.revokeSync({ name: "run" });
attempt();
