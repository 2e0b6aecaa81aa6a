import { appendFileSync } from "node:fs";

appendFileSync("starts", `${process.argv[2]}\n`);
process.send?.("up");
setInterval(() => {}, 1000);
