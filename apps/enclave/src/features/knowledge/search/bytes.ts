// Typed arrays as bytes and back. Snapshots are little-endian, as are all machines that this runs on.

export function toBytes(array: Uint32Array | Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A copy, because the bytes may lie at any offset. Throws a RangeError unless they are whole numbers of four bytes. */
export function toUint32(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
