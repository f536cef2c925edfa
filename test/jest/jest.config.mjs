import { join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '../..');

/** Tests run on what tsc emitted (dist), as native ES modules: the same files that are published. */
export default {
  rootDir: root,
  testEnvironment: join(here, 'environment.mjs'),
  // Whatever a test file leaves behind goes with its context; looking through all of it first takes a tenth of all time.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  testSequencer: join(here, 'longest-first.mjs'),
  testMatch: ['<rootDir>/**/dist/test/**/*.test.js'],
  transform: { '/dist/.+\\.js$': join(here, 'source-maps.cjs') },
  setupFiles: [join(here, 'realm.mjs'), join(here, 'state.mjs')],
  reporters: ['default', join(here, 'count.mjs')],
  filter: join(here, 'live-tests.cjs'),
  modulePathIgnorePatterns: ['<rootDir>/bench/'],
  testTimeout: 30_000,
  // Modules of ended test files stay in a worker's memory, and collecting garbage among them takes most of its time in the end.
  workerIdleMemoryLimit: '600MB',
};
