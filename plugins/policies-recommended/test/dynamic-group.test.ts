import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { dynamicGroup } from '../src/dynamic-group.js';

type Disk = ReturnType<typeof diskFacts>;

const plan = (...disks: readonly Disk[]): ReturnType<typeof planFacts> => planFacts({ disks });

describe('source/dynamic-group', () => {
  type Group = NonNullable<Disk['layout']['dynamic']>;
  const member = (id: string, disks: readonly string[], more: Partial<Group> = {}): Group => ({
    diskId: id,
    groupId: 'g',
    groupName: 'DESK-Dg0',
    sequence: 3,
    disks: disks.map((each) => ({ id: each, name: `Disk ${each}` })),
    volumes: [],
    problems: [],
    ...more,
  });
  const one = diskFacts({}, { dynamic: member('a', ['a', 'b']) });
  const other = diskFacts({ index: 1, path: '/dev/sdb' }, { dynamic: member('b', ['a', 'b']) });
  const cases = policyCases(dynamicGroup, {
    valid: [
      { name: 'a basic disk', facts: planFacts() },
      { name: 'the whole group', facts: plan(one, other) },
      {
        name: 'a disk that still tells of one that has left the group',
        facts: plan(
          one,
          diskFacts({ index: 1, path: '/dev/sdb' }, { dynamic: member('b', ['a', 'b', 'c'], { sequence: 2 }) }),
        ),
      },
    ],
    invalid: [
      {
        name: 'one of two',
        facts: plan(one),
        findings: [
          {
            messageId: 'missing',
            subject: 'disks/0',
            message:
              '/dev/sda is one of 2 dynamic disks of the group DESK-Dg0, and Disk b (b) would not be backed up: volumes that have parts there cannot be restored',
          },
        ],
      },
      {
        name: 'the whole group, but of one nobody knows which it is',
        facts: plan(
          one,
          diskFacts({ index: 1, path: '/dev/sdb' }, { dynamic: { disks: [], volumes: [], problems: ['no header'] } }),
        ),
        findings: [
          { messageId: 'unread', subject: 'disks/0', unknown: true, message: /Disk b \(b\) is not known: \/dev\/sdb/u },
          { messageId: 'broken', subject: 'disks/1' },
          { messageId: 'unknown', subject: 'disks/1', unknown: true },
        ],
      },
      {
        name: 'a group that cannot be read',
        facts: plan(diskFacts({}, { dynamic: member('a', []) })),
        findings: [{ messageId: 'unknown', subject: 'disks/0', unknown: true }],
      },
      {
        name: 'a dynamic disk of which nothing else is known',
        facts: plan(diskFacts({}, { dynamic: { disks: [], volumes: [], problems: ['the signature is missing'] } })),
        findings: [
          { messageId: 'broken', subject: 'disks/0', message: /the signature is missing/u },
          { messageId: 'unknown', unknown: true, message: /without a name that can be read/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
