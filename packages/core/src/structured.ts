/** What a runtime makes of structured values: the contents of messages whose `serialization` is "advanced". */

/** The structured clone algorithm of a runtime's engine, as bytes. */
export interface Structured {
  /** Whose bytes they are. Programs put messages of each into frames of another form (faces/ipc.ts). */
  readonly format: "v8" | "jsc";
  /** @throws {unknown} the runtime's own error for what cannot be cloned. */
  serialize(value: unknown): Uint8Array;
  /** What is returned may go on using the bytes. @throws {unknown} for what is not of this format. */
  deserialize(bytes: Uint8Array): unknown;
}

/** The part of V8's serializer that is used here, as its runtimes offer it. */
export interface V8 {
  readonly DefaultSerializer: new () => V8Serializer;
  readonly DefaultDeserializer: new (bytes: Uint8Array) => V8Deserializer;
}

interface V8Serializer {
  writeHeader(): void;
  writeUint32(value: number): void;
  writeValue(value: unknown): unknown;
  releaseBuffer(): Uint8Array;
  /** Writes a view of an ArrayBuffer. Called for each object that V8 itself does not write. */
  _writeHostObject(object: object): void;
}

interface V8Deserializer {
  readHeader(): unknown;
  readUint32(): number;
  readValue(): unknown;
  /** Reads a view of an ArrayBuffer. Called for each object that V8 itself does not read. */
  _readHostObject(): unknown;
}

/** What stands before an object that V8 leaves to its embedder, in messages between processes. */
const VIEW = 0;
const OTHER = 1;
/** Where the version of the format stands, and the last two. They differ in nothing that a message can hold. */
const VERSION_AT = 1;
const NEW_VERSION = 16;
const COMMON_VERSION = 15;

/** V8's format as child processes write it: views are objects of the embedder. It is loaded when it is first used. */
export function v8Structured(load: () => V8): Structured {
  let classes: V8 | undefined;
  return {
    format: "v8",
    serialize(value) {
      const serializer = new (classes ??= forMessages(load())).DefaultSerializer();
      serializer.writeHeader();
      serializer.writeValue(value);
      return serializer.releaseBuffer();
    },
    deserialize(bytes) {
      // A V8 refuses what says that it is newer, but one runtime writes the new number before what all can read.
      if (bytes[VERSION_AT] === NEW_VERSION) bytes[VERSION_AT] = COMMON_VERSION;
      const deserializer = new (classes ??= forMessages(load())).DefaultDeserializer(bytes);
      deserializer.readHeader();
      return deserializer.readValue();
    },
  };
}

function forMessages({ DefaultSerializer, DefaultDeserializer }: V8): V8 {
  return {
    DefaultSerializer: class extends DefaultSerializer {
      override _writeHostObject(object: object): void {
        const isView = ArrayBuffer.isView(object);
        this.writeUint32(isView ? VIEW : OTHER);
        // Of what only the runtime knows, a message has the plain properties.
        if (isView) super._writeHostObject(object);
        else this.writeValue({ ...object });
      }
    },
    DefaultDeserializer: class extends DefaultDeserializer {
      override _readHostObject(): unknown {
        return this.readUint32() === VIEW ? super._readHostObject() : this.readValue();
      }
    },
  };
}
