// Its service, a child that is spoken to over its pipes for the whole time; the sync form; a plugin; an error.
import { writeFileSync } from "node:fs";
import * as esbuild from "esbuild";

writeFileSync("in.ts", `import { b } from "./b.ts"; import v from "virtual"; console.log(b as number, v);\n`);
writeFileSync("b.ts", "export const b: number = 2;\n");
const virtual = {
  name: "virtual",
  setup(build) {
    build.onResolve({ filter: /^virtual$/ }, ({ path }) => ({ path, namespace: "v" }));
    build.onLoad({ filter: /.*/, namespace: "v" }, () => ({ contents: "export default 'loaded'" }));
  },
};
const built = await esbuild.build({ entryPoints: ["in.ts"], bundle: true, write: false, plugins: [virtual] });
console.log(built.outputFiles[0].text);
const many = await Promise.all(
  Array.from({ length: 50 }, (_, n) => esbuild.transform(`let x: number = ${n}`, { loader: "ts" })),
);
console.log(many.map(({ code }) => code).join(""));
const large = `x(${JSON.stringify("y".repeat(3_000_000))})`;
console.log((await esbuild.transform(large)).code.length);
console.log(esbuild.transformSync("let a: string", { loader: "ts" }).code);
console.log(await esbuild.transform("let let").catch(({ errors }) => errors[0].text));
const context = await esbuild.context({ entryPoints: ["b.ts"], outfile: "out.js", bundle: true, format: "esm" });
console.log((await context.rebuild()).errors.length, (await context.rebuild()).warnings.length);
await context.dispose();
await esbuild.stop();
