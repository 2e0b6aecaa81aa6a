/** @ringspawn/native-linux: the loader of the C engine, its FFI binding, and SEAM 1 over any binding. */
export { ABI, SYMBOLS } from "./abi.gen.js";
export { BLOCKING, type Binding, type LoopName, TURNING } from "./binding.js";
export { nativeEngines } from "./engines.js";
export { type Bar, type Ffi, type Listener, type Owner, openFfi } from "./ffi.js";
export { glibcReported, loadFailure, type NativeFile, nativePath, prebuiltTarget } from "./load.js";
export type { Shortage } from "./shortage.js";
export { isMisread } from "./start-variable.js";
