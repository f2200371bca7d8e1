// A child that dies in the middle of a frame.
process.stdout.write(Uint8Array.of(0, 0, 1, 0, 0x7b), () => process.kill(process.pid, 'SIGSEGV'));
