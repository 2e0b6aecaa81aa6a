/**
 * Real programs that posix_spawn. Each must say the same with the preload as without; `spawns`: how many of its spawns
 * the engine must have served, at least; 0 where a program starts its children by other means and the preload must
 * only not be in the way.
 */
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const here = dirname(fileURLToPath(import.meta.url));
const deno = join(here, "../../../scripts/node_modules/@deno/linux-x64-glibc/deno");

const makefile = `all: ${Array.from({ length: 60 }, (_, i) => `t${i}`).join(" ")} fails
	@cat t* | sort -n | tr '\\n' ' '
t%:
	@/bin/sh -c 'echo $*' > $@
fails:
	-@exit 3
	-@/nonexistent/program 2>/dev/null
`;

const python = `
import subprocess, os, signal, threading
def show(label, call):
    try: print(label, call())
    except Exception as error: print(label, type(error).__name__, error)
sp = lambda *a, **k: subprocess.run(a[0], close_fds=False, capture_output=k.pop("capture", True), **k)
for i in range(12):
    show("echo", lambda: sp(["/bin/echo", str(i)]).stdout)
show("status", lambda: sp(["/bin/sh", "-c", "exit 5"]).returncode)
show("killed", lambda: sp(["/bin/sh", "-c", "kill -9 $$"]).returncode)
show("input", lambda: sp(["/bin/cat"], input=b"hello").stdout)
show("missing", lambda: sp(["/nonexistent"]))
show("environment", lambda: sp(["/usr/bin/env"], env={"A": "1"}).stdout)
show("fork_exec", lambda: subprocess.run(["/bin/pwd"], cwd="/usr", capture_output=True).stdout)
def spawn(path, args, **k):
    pid = os.posix_spawn(path, args, os.environ, **k)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
actions = [(os.POSIX_SPAWN_OPEN, 7, "out", os.O_WRONLY | os.O_CREAT, 0o600), (os.POSIX_SPAWN_CLOSE, 0)]
show("actions", lambda: spawn("/bin/sh", ["sh", "-c", "echo x >&7; exit 4"], file_actions=actions))
show("out", lambda: open("out").read())
signals = {"setsigmask": [signal.SIGUSR1], "setsigdef": [signal.SIGPIPE]}
show("group", lambda: spawn("/bin/true", ["true"], setpgroup=0, **signals))
show("denied", lambda: spawn("/etc/passwd", ["x"]))
results = []
def work(n):
    for i in range(4): results.append(sp(["/bin/echo", f"{n}.{i}"]).stdout)
threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(results))
`;

const git = `
export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
export GIT_AUTHOR_DATE='2000-01-01T00:00:00Z' GIT_COMMITTER_DATE='2000-01-01T00:00:00Z' GIT_PAGER=cat
git init -q -b main repo && cd repo
printf '#!/bin/sh\\necho hook ran\\n' > .git/hooks/post-commit && chmod +x .git/hooks/post-commit
for i in 1 2 3; do echo $i > f; git add f; git commit -q -m "$i"; done 2>&1
git clone -q . ../copy && git -C ../copy log --oneline && git -c alias.x='!echo alias' x
git gc -q && git fsck 2>/dev/null
echo status $?
`;

const denoProgram = `
const text = (bytes) => new TextDecoder().decode(bytes);
for (let i = 0; i < 12; i++) {
  const { code, stdout } = await new Deno.Command("sh", { args: ["-c", "echo $0; exit 3", String(i)] }).output();
  console.log(code, text(stdout));
}
const echo = (_, i) => new Deno.Command("echo", { args: [String(i)] }).output();
const all = await Promise.all(Array.from({ length: 20 }, echo));
console.log(all.map(({ stdout }) => text(stdout).trim()).join(" "));
const env = { A: "1", PATH: "/usr/bin:/bin" };
console.log(text(new Deno.Command("env", { clearEnv: true, env }).outputSync().stdout));
console.log(text(new Deno.Command("pwd", { cwd: "/usr" }).outputSync().stdout));
for (const file of ["/nonexistent", "/etc/passwd"])
  try { new Deno.Command(file).outputSync(); } catch (error) { console.log(error.name, error.message); }
const child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
const writer = child.stdin.getWriter();
await writer.write(new TextEncoder().encode("hello"));
await writer.close();
console.log(text((await child.output()).stdout));
`;

export const programs = [
  { name: "make -j8", command: "make", args: ["-j8", "-f", "{scratch}/makefile"], files: { makefile }, spawns: 60 },
  { name: "python3", command: "python3", args: ["{scratch}/program.py"], files: { "program.py": python }, spawns: 50 },
  { name: "git", command: "sh", args: ["{scratch}/git.sh"], files: { "git.sh": git }, spawns: 0 },
  {
    name: "Deno.Command",
    command: deno,
    args: ["run", "-A", "{scratch}/program.js"],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    files: { "program.js": denoProgram },
    spawns: 20,
  },
];
