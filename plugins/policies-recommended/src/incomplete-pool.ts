import { definePolicy } from '@sysimage/core/plugin';
import { volumeInWords } from './words.js';

export const incompletePool = definePolicy({
  meta: {
    id: 'source/incomplete-pool',
    description: 'Volumes that hold something together are backed up together',
    severity: 'error',
    floor: 'warn',
    messages: {
      incomplete:
        '{volume} of {disk} is one of {count} that belong together ({id}), and {taken} of them would be backed up: what lies on the others, too, cannot be restored',
    },
    remedies: {
      incomplete: 'Back up all of them in one version: name each disk with --disk, and leave none of them out.',
    },
    needs: ['contents'],
    source: 'pvs(8), mdadm(8), btrfs-device(8): which volumes a group, an array or a file system lies on',
    docs: 'docs/policies/source-incomplete-pool.md',
  },
  check({ disks }, report) {
    const volumes = disks.flatMap(({ index, path: disk, layout }) =>
      layout.volumes.map((volume, position) => ({ volume, disk, subject: `disks/${index}/volumes/${position}` })),
    );
    const taken = volumes.filter(({ volume }) => volume.copied !== 'none');
    for (const { volume, disk, subject } of taken) {
      const { pool } = volume;
      if (pool === undefined) continue;
      const together = taken.filter((other) => other.volume.pool?.id === pool.id).length;
      if (together >= pool.members) continue;
      const data = { volume: volumeInWords(volume), disk, count: pool.members, id: pool.id, taken: together };
      report({ messageId: 'incomplete', subject, data });
    }
  },
});
