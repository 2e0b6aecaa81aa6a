/** @ringspawn/native-linux: the loader of the C engine, its FFI door, and SEAM 1 over any door. */
export { ABI, BLOCKING, type Door, type LoopName, TURNING } from "./door.js";
export { nativeEngines } from "./engines.js";
export { ffiDoor, type FfiSymbol, type FfiType, type Library, type Listener, SYMBOLS } from "./ffi.js";
export { type NativeFile, nativePath, prebuiltTarget } from "./load.js";
