// The compiler as a child that is spoken to over its pipes; sync and not, importers and functions of JavaScript.
import * as sass from "sass-embedded";

const source = "$a: 2px; .b { .c { width: $a * 3; color: theirs('x'); } }";
const functions = { "theirs($text)": ([text]) => new sass.SassString(`${text.assertString().text}y`) };
console.log(sass.compileString(source, { functions }).css);
console.log((await sass.compileStringAsync(source, { functions, style: "compressed" })).css);
const importer = {
  canonicalize: (url) => new URL(`mem:${url}`),
  load: ({ pathname }) => ({ contents: `.${pathname} { top: 0 }`, syntax: "scss" }),
};
console.log((await sass.compileStringAsync("@use 'module';", { importers: [importer] })).css);
const compiler = await sass.initAsyncCompiler();
const many = await Promise.all([1, 2, 3].map((n) => compiler.compileStringAsync(`a { order: ${n} + 1 }`)));
console.log(many.map(({ css }) => css));
await compiler.dispose();
console.log(await sass.compileStringAsync("a { b: ").catch(({ sassMessage }) => sassMessage));
try {
  sass.compileString("a { width: 1px + 1s }");
} catch ({ sassMessage }) {
  console.log(sassMessage);
}
console.log(sass.info.split("\n")[0].split("\t")[0]);
