import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { failingDisk } from '../src/failing-disk.js';
import { layoutChanged } from '../src/layout-changed.js';

type Disk = ReturnType<typeof diskFacts>;

const plan = (...disks: readonly Disk[]): ReturnType<typeof planFacts> => planFacts({ disks });
const before: NonNullable<Disk['before']> = {
  createdAt: '2026-01-01T00:00:00.000Z',
  differences: [],
  unreadableBytes: 0,
  systems: [],
  goodDaysAgo: 0,
};

describe('source/layout-changed', () => {
  const cases = policyCases(layoutChanged, {
    valid: [
      { name: 'a first backup', facts: planFacts() },
      { name: 'as it was', facts: plan(diskFacts({ before })) },
    ],
    invalid: [
      {
        name: 'two changes',
        facts: plan(diskFacts({ before: { ...before, differences: ['partition 1 is new', 'partition 2 is larger'] } })),
        findings: [
          {
            messageId: 'changed',
            subject: 'disks/0',
            message:
              '/dev/sda is laid out otherwise than in the version of 2026-01-01T00:00:00.000Z: partition 1 is new; partition 2 is larger. Older versions may fit it only with --recreate-disks',
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/failing-disk', () => {
  const cases = policyCases(failingDisk, {
    valid: [
      { name: 'a first backup', facts: planFacts() },
      { name: 'all was read', facts: plan(diskFacts({ before })) },
    ],
    invalid: [
      {
        name: 'a block was not',
        facts: plan(diskFacts({ before: { ...before, unreadableBytes: 4096 } })),
        findings: [
          { messageId: 'failing', subject: 'disks/0', message: /^Of \/dev\/sda, 4\.0 KiB could not be read/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
