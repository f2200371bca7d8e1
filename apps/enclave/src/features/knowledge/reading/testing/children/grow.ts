// A child that fills memory outside the V8 heap.
const held: Uint8Array[] = [];
setInterval(() => held.push(new Uint8Array(16 * 1024 * 1024).fill(1)), 5);
