/** @ringspawn/native-linux: the loader of the C engine, the FFI binding, and SEAM 1 over any binding. */
export { ABI, BLOCKING, type Binding, type LoopName, TURNING } from "./binding.js";
export { nativeEngines } from "./engines.js";
export { ffiBinding, type FfiSymbol, type FfiType, type Library, type Listener, SYMBOLS } from "./ffi.js";
export { type NativeFile, nativePath, prebuiltTarget } from "./load.js";
