process.on("message", (message: string) => {
  if (message === "end") process.exit(6);
  process.send!({ got: message });
});
