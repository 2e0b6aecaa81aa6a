import { twice } from "./twice";

declare const process: { argv: string[] };

export { twice };
console.log("index", twice(process.argv.length));
