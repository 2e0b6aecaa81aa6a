// The sync forms: output, statuses, environments, directories, and errors.
const text = (bytes) => new TextDecoder().decode(bytes);

function show(name, run) {
  try {
    const { success, code, signal, stdout, stderr } = run();
    console.log(name, success, code, signal, text(stdout), text(stderr));
  } catch (error) {
    const { name: kind, message } = error;
    console.log(name, "threw", kind, message);
  }
}
const sync = (file, options) => () => new Deno.Command(file, options).outputSync();

show("output", sync("sh", { args: ["-c", "echo out; echo err >&2; exit 3"] }));
show("env", sync("/usr/bin/env", { env: { GIVEN: "given" }, clearEnv: true }));
show("merged", sync("sh", { args: ["-c", "echo $GIVEN ${HOME:+home}"], env: { GIVEN: "given" } }));
show("cwd", sync("pwd", { cwd: "/" }));
show("cwd by URL", sync("pwd", { cwd: new URL("file:///usr") }));
show("file by URL", sync(new URL("file:///bin/echo"), { args: ["by URL"] }));
show("signal", sync("sh", { args: ["-c", "kill -9 $$"] }));
show("stdin", sync("cat"));
show("piped stdin", sync("cat", { stdin: "piped" }));
show("no stdout", sync("echo", { args: ["x"], stdout: "null" }));
show("no such name", sync("no-such-program"));
show("no such path", sync("/no/such/program"));
show("a directory", sync("/etc"));
show("not executable", sync("/etc/hostname"));
show("no such cwd", sync("true", { cwd: "/no/such" }));
show("null byte", sync("echo", { args: ["a\0b"] }));
show("many", sync("sh", { args: ["-c", "seq 200000 | tail -1; seq 200000 | wc -c >&2"] }));
show("spawnAndWaitSync", () => Deno.spawnAndWaitSync("echo", ["two", "arguments"]));
show("spawnAndWaitSync with options", () => Deno.spawnAndWaitSync("pwd", { cwd: "/" }));
const waited = await Deno.spawnAndWait("sh", ["-c", "cat; exit 4"], { stdin: "null" });
console.log(waited.code, waited.success, text(waited.stdout));
await Deno.writeTextFile("script", "echo a script without its first line: $1\n", { mode: 0o755 });
show("text", sync("./script", { args: ["given"] }));
