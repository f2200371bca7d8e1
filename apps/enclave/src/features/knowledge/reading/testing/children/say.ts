// A child that says what the file tells it to, in frames: one JSON value a line. A line that is no JSON is written as it is.
import { ByteQueue, encodeFrame, readFrame } from '../../frames.ts';

const bytes = new ByteQueue(process.stdin);
await readFrame(bytes, 4096);
const lines = new TextDecoder().decode(await bytes.take(1_000_000)).split('\n');
for (const line of lines) process.stdout.write(line.startsWith('{') ? encodeFrame(JSON.parse(line)) : new TextEncoder().encode(line));
