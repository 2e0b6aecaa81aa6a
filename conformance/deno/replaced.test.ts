/** Engine `runtime` under a program that has put ringspawn in the place of Deno.Command. */
import { deno, equal } from "./run.ts";

Deno.test("Deno.Command is the one that Deno had when ringspawn was loaded", async () => {
  const { code, stdout, stderr } = await deno(["run", "-A", "--no-check", "./programs/replaced.ts"]);
  equal([code, stderr], [0, ""]);
  const expected = ["through\n", 138, "blocking", "blocking\n", 0, "replaced\n", "runtime", "replaced\n", "runtime", 1];
  equal(JSON.parse(stdout), expected);
});
