// The child that reads one document: a request frame and the bytes of the file come in, frames go out. It has no environment, may read
// only the code it runs, and is ended from outside. Nothing that it says is trusted there.
import { ByteQueue, encodeFrame, readFrame } from './frames.ts';
import type { ReaderRequest } from './protocol.ts';
import { readBytes } from './read-bytes.ts';

const MAX_REQUEST_BYTES = 4096;

// Parsers that warn must not write between the frames.
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[method] = () => {};

const bytes = new ByteQueue(process.stdin);
// The parent is trusted: it made this process.
const request = (await readFrame(bytes, MAX_REQUEST_BYTES)) as ReaderRequest;
for await (const reply of readBytes(request, bytes)) {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(encodeFrame(reply), (error) => (error ? reject(error) : resolve()));
  });
}
process.exit(0);
