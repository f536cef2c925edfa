import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { staleDynamicDisk } from '../src/stale-dynamic-disk.js';

type Disk = ReturnType<typeof diskFacts>;
type Group = NonNullable<Disk['layout']['dynamic']>;

const group = { groupId: 'g', groupName: 'DESK-Dg0' };
const nothing: Group = { disks: [], volumes: [], problems: [] };

/** Dynamic disks, `/dev/sda` first, by what differs of them. */
function plan(...disks: readonly Partial<Group>[]): ReturnType<typeof planFacts> {
  return planFacts({
    disks: disks.map((dynamic, index) =>
      diskFacts({ index, path: `/dev/sd${'abc'[index] ?? ''}` }, { dynamic: { ...nothing, ...dynamic } }),
    ),
  });
}

describe('source/stale-dynamic-disk', () => {
  const cases = policyCases(staleDynamicDisk, {
    valid: [
      { name: 'a basic disk', facts: planFacts() },
      { name: 'disks that know the same', facts: plan({ ...group, sequence: 7 }, { ...group, sequence: 7 }) },
      { name: 'another group', facts: plan({ ...group, sequence: 7 }, { groupId: 'h', groupName: 'H', sequence: 3 }) },
      { name: 'one alone', facts: plan({ ...group, sequence: 7 }) },
      { name: 'one alone that cannot be read', facts: plan({}) },
      {
        name: 'one alone of its group that cannot be read',
        facts: plan(group, { groupId: 'h', groupName: 'H', sequence: 3 }),
      },
    ],
    invalid: [
      {
        name: 'one that was away',
        facts: plan({ ...group, sequence: 6 }, { ...group, sequence: 7 }),
        findings: [
          {
            messageId: 'stale',
            subject: 'disks/0',
            message:
              '/dev/sda was away when the group DESK-Dg0 of dynamic disks was changed last: it knows 6 changes, /dev/sdb knows 7. Its half of a mirror may be old, and its part of any other volume on several disks',
          },
        ],
      },
      {
        name: 'two that were away, each at another time',
        facts: plan({ ...group, sequence: 7 }, { ...group, sequence: 9 }, { ...group, sequence: 8 }),
        findings: [
          { messageId: 'stale', subject: 'disks/0', message: /knows 7 changes, \/dev\/sdb knows 9/u },
          { messageId: 'stale', subject: 'disks/2', message: /knows 8 changes, \/dev\/sdb knows 9/u },
        ],
      },
      {
        name: 'one whose database cannot be read',
        facts: plan({ ...group, sequence: 7 }, group),
        findings: [{ messageId: 'unknown', subject: 'disks/1', unknown: true, message: /or \/dev\/sda may$/u }],
      },
      {
        name: 'one of which nobody knows the group',
        facts: plan({}, { ...group, sequence: 7 }, { ...group, sequence: 6 }),
        findings: [
          { messageId: 'unknown', subject: 'disks/0', unknown: true, message: /or \/dev\/sdb, \/dev\/sdc may$/u },
          { messageId: 'stale', subject: 'disks/2' },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
