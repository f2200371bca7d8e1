// A child that fills the V8 heap.
const held: string[][] = [];
for (;;) held.push(Array.from({ length: 100_000 }, (_, at) => `${held.length} ${at}`));
