/** Asks Deno itself for a permission that is missing: the control of the tests about prompts. */
new Deno.Command("true").outputSync();
