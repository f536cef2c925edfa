// What a hash thread runs: a job is bytes that both threads see, the answer their digests.
import { parentPort } from 'node:worker_threads';
import { digestSize, digestUnits } from './digest-units.js';
import type { HashAnswer, HashJob } from './hash-thread.js';

parentPort?.on('message', ({ id, bytes, unit }: HashJob) => {
  const count = Math.ceil(bytes.byteLength / unit);
  const digests = Buffer.alloc(count * digestSize);
  digestUnits(bytes, unit, 0, count, digests);
  const answer: HashAnswer = { id, digests: new Uint8Array(digests.buffer, digests.byteOffset, digests.byteLength) };
  parentPort?.postMessage(answer);
});
