// What the third party runs: the published kit, with no test runner at all.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeTarget } from '@sysimage/core/plugin';
import { conformance } from '@sysimage/target-kit';
import { crate } from './crate.mjs';

const host = {
  now: () => new Date(),
  log() {},
  random: (length) => randomBytes(length),
  disksBelow: async () => ({ known: false, why: '' }),
};
const { cases, skipped } = conformance({
  name: 'crate',
  facets: crate.facets,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crate-'));
    const reopen = async () => completeTarget(await crate.open({ options: { folder } }, host, 'write'));
    return { target: await reopen(), reopen, dispose: () => rm(folder, { recursive: true }) };
  },
});
let failed = 0;
for (const { name, run } of cases) {
  await run().catch((error) => {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  });
}
console.log(`${cases.length - failed} of ${cases.length} cases passed, ${skipped.length} do not apply`);
process.exitCode = failed === 0 ? 0 : 1;
