// spawnSync: input of every kind, limits, errors, and what comes back.
function show(name, run) {
  try {
    const { exitCode, signalCode, success, stdout, stderr, exitedDueToTimeout, exitedDueToMaxBuffer } = run();
    const limits = [exitedDueToTimeout, exitedDueToMaxBuffer];
    console.log(name, exitCode, signalCode, success, String(stdout).slice(0, 60), String(stderr), limits);
  } catch (error) {
    const { name: kind, code, message } = error;
    console.log(name, "threw", kind, code, message);
  }
}

const cat = (stdin) => () => Bun.spawnSync(["cat"], { stdin: stdin });
show("output", () => Bun.spawnSync(["sh", "-c", "echo out; echo err >&2; exit 3"]));
show("bytes", cat(new TextEncoder().encode("bytes")));
show("buffer", cat(Buffer.from("a buffer")));
show("view", cat(new DataView(new TextEncoder().encode("a view").buffer)));
show("blob", cat(new Blob(["a", " blob"])));
show("response", cat(new Response("a response")));
show("request", cat(new Request("http://localhost/", { method: "POST", body: "a request" })));
await Bun.write("in.txt", "a file");
show("file", cat(Bun.file("in.txt")));
show("nothing", cat("ignore"));
show("large", () => Bun.spawnSync(["wc", "-c"], { stdin: new Uint8Array(5_000_000) }));
show("much", () => Bun.spawnSync(["sh", "-c", "seq 200000 | tail -c 8; seq 200000 | wc -c >&2"]));
show("timeout", () => Bun.spawnSync(["sleep", "60"], { timeout: 100 }));
show("timeout and signal", () => Bun.spawnSync(["sleep", "60"], { timeout: 100, killSignal: "SIGKILL" }));
// Again and again, because Bun's own now and then overlooks what comes at once; and not without a pause, because what
// is killed by a closed pipe is not killed by the limit.
show("maxBuffer", () => Bun.spawnSync(["sh", "-c", "while seq 9; do sleep 0.02; done"], { maxBuffer: 10 }));
show("signal", () => Bun.spawnSync(["sh", "-c", "kill -9 $$"]));
show("aborted", () => Bun.spawnSync(["true"], { signal: AbortSignal.abort() }));
show("env", () => Bun.spawnSync(["/usr/bin/env"], { env: { GIVEN: "given", NOT: undefined } }));
show("cwd", () => Bun.spawnSync(["pwd"], { cwd: "/" }));
show("argv0", () => Bun.spawnSync(["sh", "-c", "echo $0"], { argv0: "another" }));
show("cmd", () => Bun.spawnSync({ cmd: ["echo", "as", "an", "object"] }));
show("no such name", () => Bun.spawnSync(["no-such-program"]));
show("no such path", () => Bun.spawnSync(["/no/such/program"]));
show("no such cwd", () => Bun.spawnSync(["true"], { cwd: "/no/such" }));
show("not executable", () => Bun.spawnSync(["/etc/hostname"]));
show("empty", () => Bun.spawnSync([]));
show("null byte", () => Bun.spawnSync(["echo", "a\0b"]));
console.log(Bun.spawnSync(["true"]).resourceUsage.maxRSS > 0, Bun.spawnSync(["true"]).pid > 0);
