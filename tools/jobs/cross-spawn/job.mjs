// spawn with every event, and the sync form.
import { chmodSync, writeFileSync } from "node:fs";
import spawn from "cross-spawn";

writeFileSync("script", "#!/usr/bin/env node\nconsole.log(process.argv.slice(2)); process.exitCode = 5;\n");
chmodSync("script", 0o755);
const run = (command, args, options) =>
  new Promise((resolve) => {
    const events = [];
    let said = "";
    const child = spawn(command, args, options);
    for (const name of ["spawn", "exit", "error"]) {
      child.on(name, (...values) => {
        events.push([name, ...values.map((value) => value?.code ?? value)]);
        if (name === "error" && child.pid === undefined) resolve({ events, said });
      });
    }
    child.stdout?.on("data", (chunk) => (said += chunk));
    child.on("close", (...values) => resolve({ events: [...events, ["close", ...values]], said }));
  });
console.log(await run("echo", ["a b", "c'd", 'e"f', "$HOME", "*"]));
console.log(await run("./script", ["one", "two words"]));
console.log(await run("no-such-program", []));
console.log(await run("sh", ["-c", "kill $$"]));
console.log(await run("echo inherited; exit 2", { shell: true, stdio: "inherit" }));
const { status, stdout, stderr, signal, error } = spawn.sync("./script", ["at once"]);
console.log(status, signal, error, String(stdout), String(stderr));
console.log(String(spawn.sync("cat", { input: "given" }).stdout), spawn.sync("no-such-program").error.code);
console.log(spawn.sync("sleep", ["60"], { timeout: 100 }).error.code);
