import { describe, test } from '@jest/globals';
import type { BackupPlan } from '@sysimage/core/plugin';
import { diskFacts, planFacts, policyCases, sourceDisk, targetDisk } from '@sysimage/policy-kit';
import { freeSpace } from '../src/free-space.js';
import { samePhysicalDisk } from '../src/same-physical-disk.js';
import { singleVersion } from '../src/single-version.js';
import { verifyOverdue } from '../src/verify-overdue.js';

describe('target/same-physical-disk', () => {
  const unknownSource = diskFacts({ physicalDisks: undefined, physicalDisksUnknown: 'a share' });
  const cases = policyCases(samePhysicalDisk, {
    valid: [
      { name: 'another disk', facts: planFacts() },
      {
        name: 'a target on no disk of this machine',
        facts: planFacts({
          disks: [diskFacts({ physicalDisks: undefined })],
          target: { traits: { physicalDisks: [] } },
        }),
      },
    ],
    invalid: [
      {
        name: 'each disk that the target shares',
        facts: planFacts({
          disks: [
            diskFacts(),
            diskFacts({ index: 1, path: '/dev/md0', physicalDisks: [sourceDisk, targetDisk] }),
            diskFacts({ index: 2 }),
          ],
        }),
        findings: [
          {
            messageId: 'same',
            subject: 'disks/1',
            message:
              'The target /mnt/backup lies on /dev/sdb, the same physical disk as /dev/md0: if it fails, both are lost',
          },
        ],
      },
      {
        name: 'a target of which nothing is known',
        facts: planFacts({ target: { traits: { physicalDisks: undefined, physicalDisksUnknown: 'it is tmpfs' } } }),
        findings: [{ messageId: 'targetUnknown', subject: 'target', unknown: true, message: /it is tmpfs$/u }],
      },
      {
        name: 'a target that does not say why',
        facts: planFacts({ target: { traits: { physicalDisks: undefined } } }),
        findings: [{ messageId: 'targetUnknown', unknown: true, message: /the target does not tell$/u }],
      },
      {
        name: 'a source of which nothing is known',
        facts: planFacts({ disks: [unknownSource, diskFacts({ index: 1, physicalDisks: undefined })] }),
        findings: [
          { messageId: 'sourceUnknown', subject: 'disks/0', unknown: true, message: /a share$/u },
          { messageId: 'sourceUnknown', subject: 'disks/1', unknown: true, message: /the system does not tell$/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/single-version', () => {
  const cases = policyCases(singleVersion, {
    valid: [{ name: 'a target that keeps versions', facts: planFacts() }],
    invalid: [
      {
        name: 'a target that keeps only the newest',
        facts: planFacts({ target: { traits: { singleVersion: true } } }),
        findings: [{ messageId: 'single', subject: 'target' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/free-space', () => {
  const cases = policyCases(freeSpace, {
    valid: [
      { name: 'a plan that just fits', facts: planFacts({ bytesNeeded: 100, target: { free: 100 } }) },
      {
        name: 'a bucket, which has no end',
        facts: planFacts({ target: { free: undefined, traits: { medium: 'object-store' } } }),
      },
    ],
    invalid: [
      {
        name: 'a byte that is missing',
        facts: planFacts({ bytesNeeded: 3 * 2 ** 29 + 1, target: { free: 3 * 2 ** 29 } }),
        findings: [
          {
            messageId: 'tooLittle',
            subject: 'target',
            message: 'This run needs about 1.5 GiB, and /mnt/backup has 1.5 GiB free: 1 bytes too little',
          },
        ],
      },
      {
        name: 'a target that does not tell',
        facts: planFacts({ target: { free: undefined } }),
        findings: [{ messageId: 'unknown', subject: 'target', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/verify-overdue', () => {
  const facts = (daysAgo: number | undefined, daysOfOldest: number, versions = 3): BackupPlan =>
    planFacts({ target: { versions, verified: { daysAgo, daysOfOldest, within: 35 } } });
  const cases = policyCases(verifyOverdue, {
    valid: [
      { name: 'an empty target', facts: facts(99, 99, 0) },
      { name: 'young versions, never verified', facts: facts(undefined, 35) },
      { name: 'young versions, verified when there were older ones', facts: facts(40, 10) },
      { name: 'versions that were verified on the last day for it', facts: facts(35, 400) },
    ],
    invalid: [
      {
        name: 'a day too late',
        facts: facts(36, 400),
        findings: [
          {
            messageId: 'overdue',
            subject: 'target',
            message: 'No version on /mnt/backup was read back and found whole for 36 days; it should be every 35',
          },
        ],
      },
      {
        name: 'old versions that nobody is known to have verified',
        facts: facts(undefined, 36),
        findings: [{ messageId: 'unknown', subject: 'target', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
