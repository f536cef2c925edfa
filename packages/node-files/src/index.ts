export { lendFile, type LendableFile } from './lend-file.js';
export { readFully, writeFully } from './whole.js';
export { createWriteQueue, type WriteQueue } from './write-queue.js';
