// exec at once (a Node child that starts a shell) and not, cmd, and what pipes between its commands.
import shell from "shelljs";

const { exec, cmd, echo, which, ShellString, set } = shell;
shell.config.silent = true;
const show = ({ code, stdout, stderr }) => console.log(code, JSON.stringify(stdout), JSON.stringify(stderr));
show(exec("echo out; echo err >&2; exit 3"));
show(echo("b\na").exec("sort"));
show(new ShellString("one\ntwo\n").grep("two").exec("cat -n"));
show(exec("node -p 'process.argv.length'"));
show(cmd("echo", "a b", "*", "$HOME"));
show(cmd("no-such-program"));
await new Promise((done) => {
  exec("echo later; exit 4", (code, stdout, stderr) => done(show({ code, stdout, stderr })));
});
const child = exec("cat", { async: true });
child.stdin.end("given");
console.log("closed", await new Promise((done) => child.on("close", done)));
console.log(which("sh") !== null);
set("-e");
try {
  exec("exit 5");
} catch (error) {
  console.log(error.message);
}
