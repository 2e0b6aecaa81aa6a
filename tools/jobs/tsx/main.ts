enum Place {
  Here = "here",
}
let said = "";
for await (const chunk of process.stdin) said += chunk;
console.log(Place.Here, process.argv.slice(2) as readonly string[], said);
console.error("on stderr");
process.exitCode = 7;
