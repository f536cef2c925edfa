import { describe, test } from '@jest/globals';
import { planFacts, policyCases } from '@sysimage/policy-kit';
import { dynamicDisk } from '../src/dynamic-disk.js';
import { inMemory } from '../src/in-memory.js';
import { nearlyFull } from '../src/nearly-full.js';
import { replacedInPlace } from '../src/replaced-in-place.js';
import { targetSize } from '../src/size.js';
import { systemVolume } from '../src/system-volume.js';
import { wholeVersions } from '../src/whole-versions.js';

const mebibyte = 2 ** 20;
const below = { id: '8:1', type: 'ext4', mountPoint: '/mnt/backup', keeper: 'machine' } as const;
const root = { ...below, id: '8:2', mountPoint: '/' };
const memory = { id: '0:40', type: 'tmpfs', mountPoint: '/dev/shm', keeper: 'memory' } as const;

describe('target/dynamic-disk', () => {
  const disk = { id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'no' } as const;
  const cases = policyCases(dynamicDisk, {
    valid: [
      { name: 'a basic disk', facts: planFacts() },
      {
        name: 'no disk of this machine',
        facts: planFacts({ target: { traits: { physicalDisks: [], medium: 'share' } } }),
      },
    ],
    invalid: [
      {
        name: 'one of two disks is dynamic',
        facts: planFacts({
          target: { traits: { physicalDisks: [disk, { ...disk, id: 'sysfs:8:32', dynamic: 'yes' }] } },
        }),
        findings: [
          {
            messageId: 'dynamic',
            subject: 'target',
            message: /^The target \/mnt\/backup lies on a dynamic disk of Windows/u,
          },
        ],
      },
      {
        name: 'nobody can tell the disks',
        facts: planFacts({ target: { traits: { physicalDisks: undefined } } }),
        findings: [{ messageId: 'unknown', subject: 'target', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/size', () => {
  const cases = policyCases(targetSize, {
    valid: [
      { name: 'just half as much again', facts: planFacts({ target: { total: 1.5 * mebibyte } }) },
      { name: 'less, where that is enough', facts: planFacts({ target: { total: mebibyte } }), options: { times: 1 } },
      ...(['object-store', 'optical'] as const).map((medium) => ({
        name: `no end: ${medium}`,
        facts: planFacts({ target: { total: undefined, traits: { medium } } }),
      })),
    ],
    invalid: [
      {
        name: 'a byte too little',
        facts: planFacts({ target: { total: 1.5 * mebibyte - 1 } }),
        findings: [
          {
            messageId: 'small',
            subject: 'target',
            message:
              '/mnt/backup has 1.5 MiB in all, and what is backed up has 1.0 MiB in use: it should have 1.5 times as much, so that older versions can stay',
          },
        ],
      },
      {
        name: 'less than somebody wants',
        facts: planFacts({ target: { total: 2.5 * mebibyte } }),
        options: { times: 3 },
        findings: [{ messageId: 'small', message: /it should have 3 times as much/u }],
      },
      {
        name: 'a target that does not tell',
        facts: planFacts({ target: { total: undefined } }),
        findings: [{ messageId: 'unknown', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/replaced-in-place', () => {
  const cases = policyCases(replacedInPlace, {
    valid: [
      { name: 'versions are kept', facts: planFacts() },
      { name: 'there is room for both', facts: planFacts({ replacement: 'beside' }) },
    ],
    invalid: [
      {
        name: 'no room for both',
        facts: planFacts({ replacement: 'swap' }),
        findings: [{ messageId: 'swap', subject: 'target', message: /^There is no room on \/mnt\/backup/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/whole-versions', () => {
  const none = { shadowCopies: 'none' } as const;
  const cases = policyCases(wholeVersions, {
    valid: [
      { name: 'changes are kept', facts: planFacts() },
      {
        name: 'a single version',
        facts: planFacts({ target: { traits: { singleVersion: true }, capabilities: none } }),
      },
    ],
    invalid: [
      {
        name: 'a bucket',
        facts: planFacts({ target: { capabilities: none } }),
        findings: [{ messageId: 'whole', subject: 'target' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/in-memory', () => {
  const cases = policyCases(inMemory, {
    valid: [
      { name: 'a disk', facts: planFacts({ target: { traits: { fileSystemsBelow: [below, root] } } }) },
      { name: 'a share', facts: planFacts({ target: { traits: { medium: 'share' } } }) },
    ],
    invalid: [
      {
        name: 'tmpfs',
        facts: planFacts({ target: { traits: { fileSystemsBelow: [memory] } } }),
        findings: [{ messageId: 'memory', subject: 'target' }],
      },
      {
        name: 'an image file on tmpfs',
        facts: planFacts({ target: { traits: { fileSystemsBelow: [below, memory] } } }),
        findings: [{ messageId: 'memory' }],
      },
      {
        name: 'a target that is nothing but memory',
        facts: planFacts({ target: { traits: { medium: 'memory' } } }),
        findings: [{ messageId: 'memory' }],
      },
      {
        name: 'a file system of which nobody knows',
        facts: planFacts({
          target: { traits: { fileSystemsBelow: [{ ...below, type: 'fuse.mine', keeper: 'unknown' }] } },
        }),
        findings: [{ messageId: 'unknown', unknown: true, message: /it is fuse\.mine$/u }],
      },
      {
        name: 'a target that does not tell',
        facts: planFacts(),
        findings: [{ messageId: 'unknown', unknown: true, message: /the target does not tell$/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/system-volume', () => {
  const cases = policyCases(systemVolume, {
    valid: [
      { name: 'a volume of its own', facts: planFacts({ target: { traits: { fileSystemsBelow: [below] } } }) },
      { name: 'a share', facts: planFacts({ target: { traits: { medium: 'share' } } }) },
      {
        name: 'a system that runs in memory',
        facts: planFacts({ target: { traits: { fileSystemsBelow: [{ ...memory, mountPoint: '/' }] } } }),
      },
    ],
    invalid: [
      {
        name: 'a folder of the system',
        facts: planFacts({ target: { traits: { fileSystemsBelow: [root] } } }),
        findings: [{ messageId: 'system', subject: 'target' }],
      },
      {
        name: 'an image file in the system',
        facts: planFacts({ target: { traits: { fileSystemsBelow: [below, root] } } }),
        findings: [{ messageId: 'system' }],
      },
      {
        name: 'a target that does not tell',
        facts: planFacts(),
        findings: [{ messageId: 'unknown', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/nearly-full', () => {
  const cases = policyCases(nearlyFull, {
    valid: [
      { name: 'a twentieth is left', facts: planFacts({ bytesNeeded: 50, target: { free: 100, total: 1000 } }) },
      {
        name: 'less, where that is enough',
        facts: planFacts({ bytesNeeded: 100, target: { free: 100, total: 1000 } }),
        options: { percent: 0 },
      },
      {
        name: 'a run after which the older version goes',
        facts: planFacts({ bytesNeeded: 51, replacement: 'beside', target: { free: 100, total: 1000 } }),
      },
      { name: 'a run that does not fit at all', facts: planFacts({ bytesNeeded: 101, target: { free: 100 } }) },
      ...(['object-store', 'optical'] as const).map((medium) => ({
        name: `no end: ${medium}`,
        facts: planFacts({ target: { free: undefined, traits: { medium } } }),
      })),
    ],
    invalid: [
      {
        name: 'less is left',
        facts: planFacts({ bytesNeeded: 51, target: { free: 100, total: 1000 } }),
        findings: [
          {
            messageId: 'full',
            subject: 'target',
            message:
              'When this run is complete, /mnt/backup has about 49 bytes left of 1000 bytes: the next one may have to give older versions up',
          },
        ],
      },
      {
        name: 'a target that does not tell what is free',
        facts: planFacts({ target: { free: undefined } }),
        findings: [{ messageId: 'unknown', unknown: true }],
      },
      {
        name: 'a target that does not tell its size',
        facts: planFacts({ target: { total: undefined } }),
        findings: [{ messageId: 'unknown', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
