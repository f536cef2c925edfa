// What a hash thread runs: a job is bytes that both threads see, the answer their digests.
import { parentPort } from 'node:worker_threads';
import { doHashJob, type HashJob } from './hash-job.js';

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(doHashJob(job)));
