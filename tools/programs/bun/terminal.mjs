// A session with a shell at a terminal: a prompt, echo, the size and its change, ^C, job control, ^D.
let said = "";
let seen = 0;
let heard = Promise.withResolvers();
const shell = Bun.spawn(["bash", "--norc", "--noprofile", "-i"], {
  env: { PATH: process.env.PATH, PS1: "prompt> ", TERM: "dumb", HOME: "/", HISTFILE: "/dev/null" },
  terminal: {
    cols: 100,
    rows: 30,
    data(_terminal, bytes) {
      said += new TextDecoder().decode(bytes);
      heard.resolve();
    },
  },
});
const terminal = shell.terminal;

/** Waits for the text after all that was waited for before, and gives what came until then. */
async function until(text) {
  for (;;) {
    const at = said.indexOf(text, seen);
    if (at >= 0) {
      const part = said.slice(seen, at + text.length);
      seen = at + text.length;
      return part;
    }
    await heard.promise;
    heard = Promise.withResolvers();
  }
}

async function type(line) {
  terminal.write(`${line}\n`);
  console.log(JSON.stringify(await until("prompt> ")));
}

console.log(JSON.stringify(await until("prompt> ")));
await type("echo one two");
await type("stty size; tty > /dev/null && echo a terminal");
await type("test -t 0 && test -t 1 && test -t 2 && echo all three");
// What is typed before the shell has left the line is not echoed.
terminal.write("echo ready; cat\n");
await until("ready\r\n");
terminal.write("a line\n");
await until("a line\r\na line\r\n");
// While another program than the shell is in the foreground: the shell's own redrawing comes when it likes.
terminal.resize(80, 24);
terminal.write("\x03");
console.log(JSON.stringify(await until("prompt> ")));
await type("echo $?; stty size");
await type("seq 20000 | tail -1");
await type("trap 'echo resized' WINCH; kill -WINCH $$");
terminal.write("\x04");
console.log(await shell.exited, shell.exitCode, shell.signalCode, shell.stdin, shell.stdout);
terminal.close();
console.log(terminal.closed);

const raw = [];
const cat = Bun.spawn(["sh", "-c", "stty raw -echo; echo ready; head -c 3 | od -An -c"], {
  terminal: { data: (_terminal, bytes) => void raw.push(new TextDecoder().decode(bytes)) },
});
while (!raw.join("").includes("ready")) await Bun.sleep(5);
cat.terminal.write("\x03\x04x");
console.log(await cat.exited);
while (!raw.join("").includes("x")) await Bun.sleep(5);
console.log(raw.join("").split(/\s+/).join(" "));
