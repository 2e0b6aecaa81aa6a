/** Required before anything else: counts what comes to the spawn of Node's own that lies below child_process. */
"use strict";
const { ChildProcess } = require("node:child_process");

globalThis.ownSpawns = 0;
const handle = Object.getPrototypeOf(new ChildProcess()._handle);
const { spawn } = handle;
handle.spawn = function (...given) {
  globalThis.ownSpawns++;
  return Reflect.apply(spawn, this, given);
};
