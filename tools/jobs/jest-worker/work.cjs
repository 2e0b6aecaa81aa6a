const { execFileSync } = require("node:child_process");

module.exports = {
  square(n) {
    return n * n;
  },
  child(text) {
    console.log("says", text);
    return execFileSync("echo", [text], { encoding: "utf8" });
  },
  big(size) {
    return "x".repeat(size);
  },
  fails() {
    throw new RangeError("as it should");
  },
  crash() {
    process.kill(process.pid, "SIGKILL");
    return new Promise(() => {});
  },
};
