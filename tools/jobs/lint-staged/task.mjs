import { readFileSync, writeFileSync } from "node:fs";

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  if (text.includes("bad")) {
    console.error("a bad word");
    process.exit(1);
  }
  writeFileSync(file, text.replace("some", "SOME"));
}
