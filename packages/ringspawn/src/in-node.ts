/**
 * What the condition `browser` means: a bundle for browsers, where no process can be started, or a test framework that
 * has a DOM in Node and asks for the same. In Node this is the whole package. Nothing of Node is imported here, because
 * a bundler would look for it.
 */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: "node:module"): { new (path: string): { require(path: string): object } };
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL): string };
}

/** What these modules of the package export. @throws where there is no Node. */
export function loadInNode(...modules: readonly string[]): object {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const node = process?.versions?.node;
  if (node === undefined) {
    throw new Error("ringspawn starts processes, and there are none here: it needs Node, Bun or Deno");
  }
  if (process?.getBuiltinModule === undefined) {
    throw new Error(`ringspawn under the condition "browser" needs Node 20.19, 22.12 or later, this is ${node}`);
  }
  // Without `await`, only require can load what depends on a condition; it takes ES modules. This is Node's own, which
  // a test framework does not replace as it does createRequire: the package is evaluated where the globals are Node's.
  const Module = process.getBuiltinModule("node:module");
  const url = process.getBuiltinModule("node:url");
  const pathOf = (name: string): string => url.fileURLToPath(new URL(name, import.meta.url));
  const here = new Module(pathOf("./browser.js"));
  const load = (name: string): object => here.require(pathOf(name));
  return Object.assign({}, ...modules.map(load)) as object;
}
