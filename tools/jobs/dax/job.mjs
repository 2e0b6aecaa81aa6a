// Its own shell over real programs: pipes, redirects, errors, lines, stdin, kills.
import $ from "dax";

const failed = (error) => console.log(error.message);
console.log(await $`echo one ${"two words"}`.text());
console.log(await $`seq 3`.lines());
console.log(await $`printf 'b\na\n' | sort | sh -c 'cat -n'`.text());
console.log((await $`sh -c 'echo err >&2; exit 3'`.noThrow().stderr("piped")).code);
console.log(await $`node -p '({a: 1})'`.text(), await $`sh -c 'echo "{\\"b\\":2}"'`.json());
console.log(await $`sh -c cat`.stdinText("given").text());
console.log(await $`sh -c 'echo $GIVEN; pwd'`.env({ GIVEN: "given" }).cwd("/").text());
await $`sh -c 'echo to a file' > out.txt && sh -c 'cat out.txt'`;
await $`sh -c 'exit 4'`.then(console.log, failed);
await $`no-such-program`.quiet().then(console.log, failed);
const sleeping = $`sh -c 'exec sleep 60'`.noThrow().spawn();
setTimeout(() => sleeping.kill("SIGTERM"), 100);
console.log((await sleeping).code);
await $`sh -c 'exec sleep 60'`.timeout(100).then(console.log, failed);
const both = await $`sh -c 'echo out; sleep 0.1; echo err >&2'`.captureCombined().quiet();
console.log(both.combined);
console.log((await $.which("sh")) !== undefined);
