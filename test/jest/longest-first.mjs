// Starts the longest test files first, also where none has run yet: the last one to start leaves the other processes idle.
import { basename } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

/** Seconds of those whose size, which jest goes by, tells nothing. A wrong one costs nothing but time. */
const known = {
  'killed-anywhere.system.test.js': 138,
  'every-file-system.system.test.js': 119,
  'every-target.system.test.js': 113,
  'logical-volumes-in-use.system.test.js': 89,
  'killed-backup.system.test.js': 81,
  'tampered-targets.sweep.test.js': 70,
  'flows.sweep.test.js': 58,
  'reference-reader.system.test.js': 51,
  'main-job.system.test.js': 51,
  'asleep.sweep.test.js': 44,
  'conformance.system.test.js': 41,
  'ceph.system.test.js': 41,
};
/** Every sweep takes long: that is why it is called one. */
const sweep = 20;

export default class LongestFirst extends TestSequencer {
  /** Milliseconds: of the last run here, or else as said above, or else by its size, which is less than all of those. */
  time(test) {
    const name = basename(test.path);
    const seconds = known[name] ?? (name.endsWith('.sweep.test.js') ? sweep : undefined);
    return super.time(test) ?? (seconds === undefined ? test.context.hasteFS.getSize(test.path) : seconds * 1000);
  }
}
