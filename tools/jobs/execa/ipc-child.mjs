const { getEachMessage, sendMessage } = await import(process.env.TOOL);

for await (const message of getEachMessage()) {
  if (message === "end") break;
  await sendMessage({ got: message });
}
