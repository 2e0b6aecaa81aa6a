export function half(n) {
  if (n % 2 === 1) {
    return undefined;
  }
  return n / 2;
}
function onlyInTheChild() {
  return "of a child";
}
if (process.argv[2] === "child") console.log(onlyInTheChild());
if (process.argv[2] === "forked") process.send("forked");
