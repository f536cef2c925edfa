export { readFully, writeFully } from './whole.js';
export { createWriteQueue, type WriteQueue } from './write-queue.js';
