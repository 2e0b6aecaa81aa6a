process.on("SIGTERM", (): void => process.exit(9));
console.log("up");
setInterval(() => {}, 1000);
