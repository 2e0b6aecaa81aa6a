/**
 * Preloaded into the run without register, and so into all of its Node children: writes down what the runtime is asked
 * to start, from below child_process. The trace of the other run must have just these.
 */
"use strict";
const { appendFileSync } = require("node:fs");
const { ChildProcess } = require("node:child_process");

const file = process.env.TOOLS_OBSERVED;
function note(argv) {
  appendFileSync(file, `${JSON.stringify({ argv })}\n`);
}

if (file !== undefined) {
  const handle = Object.getPrototypeOf(new ChildProcess()._handle);
  const { spawn } = handle;
  // Until Node 22 one object is given; since Node 24 the file, the arguments and so on, one by one.
  handle.spawn = function (...given) {
    note((given.length > 1 ? given[1] : given[0].args) ?? [given[0].file ?? given[0]]);
    return Reflect.apply(spawn, this, given);
  };
  const sync = process.binding("spawn_sync");
  const { spawn: spawnSync } = sync;
  sync.spawn = function (options) {
    note(options.args ?? [options.file]);
    return Reflect.apply(spawnSync, this, [options]);
  };
}
