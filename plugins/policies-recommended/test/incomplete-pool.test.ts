import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases, volumeFacts } from '@sysimage/policy-kit';
import { incompletePool } from '../src/incomplete-pool.js';

type Disk = ReturnType<typeof diskFacts>;
type Volume = ReturnType<typeof volumeFacts>;

const withVolumes = (...volumes: readonly Volume[]): Disk => diskFacts({}, { volumes: [...volumes] });
const plan = (...disks: readonly Disk[]): ReturnType<typeof planFacts> => planFacts({ disks });

describe('source/incomplete-pool', () => {
  const one = volumeFacts({ fileSystem: 'lvm', label: undefined, pool: { id: 'G', members: 2 } });
  const second = { ...withVolumes({ ...one, id: 'b' }), index: 1, path: '/dev/sdb' };
  const cases = policyCases(incompletePool, {
    valid: [
      { name: 'what is whole by itself', facts: plan(withVolumes(volumeFacts())) },
      { name: 'all of them', facts: plan(withVolumes(one), second) },
      { name: 'on one disk', facts: plan(withVolumes(one, { ...one, partition: 2 })) },
      { name: 'none of them', facts: plan(withVolumes(volumeFacts(), { ...one, copied: 'none' })) },
    ],
    invalid: [
      {
        name: 'one disk of two',
        facts: plan(withVolumes(one)),
        findings: [
          {
            messageId: 'incomplete',
            subject: 'disks/0/volumes/0',
            message:
              'partition 1 (lvm) of /dev/sda is one of 2 that belong together (G), and 1 of them would be backed up: what lies on the others, too, cannot be restored',
          },
        ],
      },
      {
        name: 'one of them left out',
        facts: plan(withVolumes(one, { ...one, partition: 2, copied: 'none' })),
        findings: [{ messageId: 'incomplete', subject: 'disks/0/volumes/0' }],
      },
      {
        name: 'two halves of different ones',
        facts: plan(withVolumes(one, { ...one, partition: 2, pool: { id: 'H', members: 2 } })),
        findings: [{ messageId: 'incomplete' }, { messageId: 'incomplete', subject: 'disks/0/volumes/1' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
