/** @ringspawn/native-linux: the loader of the C engine, its FFI door, and SEAM 1 over any door. */
export { ABI, SYMBOLS } from "./abi.gen.js";
export { BLOCKING, type Door, type LoopName, TURNING } from "./door.js";
export { nativeEngines } from "./engines.js";
export { ffiDoor, type FfiType, type Library, type Listener } from "./ffi.js";
export { type NativeFile, nativePath, prebuiltTarget } from "./load.js";
