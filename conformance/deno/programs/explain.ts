/** What is said to become of a command: one that may be run, one that only Deno can find, one that may not be run. */
import { explain } from "ringspawn";

const [found, hidden, other] = [
  explain("true"),
  explain("true", { env: { PATH: "/nowhere:/usr/bin" } }),
  explain("cat"),
];
console.log(
  `${found.engine} ${found.request.candidates.join()} ${found.steps !== undefined} | ` +
    `${hidden.engine} ${hidden.request.file} | ${other.engine} ${other.request.file}`,
);
