import type { Case } from "../harness.ts";
import { assert, fs, parent, path, pathToFileURL } from "../tools.ts";

const cases: Case[] = [
  {
    name: "the child has the parent's cwd by default",
    async run(t) {
      assert.equal((await t.report()).cwd, parent.cwd());
    },
  },
  {
    name: "cwd may be any path",
    async run(t) {
      const dir = path.join(t.dir, "with space ü");
      fs.mkdirSync(dir);
      assert.equal((await t.report({ cwd: dir })).cwd, fs.realpathSync(dir));
    },
  },
  {
    name: "a relative cwd counts from the parent's",
    async run(t) {
      assert.equal((await t.report({ cwd: path.relative(parent.cwd(), t.dir) })).cwd, fs.realpathSync(t.dir));
    },
  },
  {
    name: "Command takes a file URL as cwd, and no other URL",
    async run(t) {
      const { stdout } = await t.command(t.witness, { cwd: pathToFileURL(t.dir) }).output();
      assert.equal((JSON.parse(new TextDecoder().decode(stdout)) as { cwd: string }).cwd, fs.realpathSync(t.dir));
      assert.throws(() => t.command(t.witness, { cwd: new URL("https://example.com/") }).spawn(), TypeError);
    },
  },
  {
    name: "a relative command counts from the child's cwd",
    async run(t) {
      const dir = path.join(t.dir, "here");
      fs.mkdirSync(dir);
      fs.copyFileSync(t.witness, path.join(dir, "copy"));
      assert.equal((await t.report({ cwd: dir }, [], "./copy")).cwd, fs.realpathSync(dir));
    },
  },
  {
    name: "a cwd that is missing is told as such, and not as a missing command",
    run(t) {
      const cwd = path.join(t.dir, "not there");
      const error = t.fails(() => t.spawn([t.witness], { cwd }));
      assert.equal(error.code, "ENOENT");
      assert.ok(error.message.includes(cwd), error.message);
      assert.match(error.message, /cwd|working directory/);
      if (t.native) {
        assert.equal(error.step, "cwd");
        assert.equal(error.path, cwd);
      }
    },
  },
  {
    name: "a cwd that is a file fails with ENOTDIR",
    run(t) {
      const cwd = path.join(t.dir, "file");
      fs.writeFileSync(cwd, "");
      const error = t.fails(() => t.command(t.witness, { cwd }).spawn());
      assert.equal(error.code, "ENOTDIR");
      assert.ok(error.message.includes(cwd), error.message);
      assert.equal(error.step, "cwd");
    },
  },
];
export default cases;
