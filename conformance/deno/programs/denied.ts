/** What Deno.Command makes of two programs. */
for (const command of ["/bin/true", "/bin/cat"]) {
  try {
    console.log(command, new Deno.Command(command).outputSync().code);
  } catch (error) {
    console.log(command, (error as Error).name);
  }
}
