import { definePolicy } from '@sysimage/core/plugin';
import { volumeInWords } from './words.js';

/** These have members on several disks that all bear the identity of the whole. */
const shared = new Set(['btrfs', 'md']);

export const duplicateVolumeId = definePolicy({
  meta: {
    id: 'source/duplicate-volume-id',
    description: 'No two volumes have the same identity',
    severity: 'warn',
    messages: {
      twice:
        '{volume} of {disk} has the same identifier as {other}: a system that mounts by it may take the wrong one, also after a restore',
    },
    remedies: {
      twice:
        'Give one of them a new identifier, for example with "tune2fs -U random", "xfs_admin -U generate" or "ntfslabel --new-serial".',
    },
    needs: ['contents'],
    source: 'mount(8): what happens with two volumes of one UUID is undefined',
    docs: 'docs/policies/source-duplicate-volume-id.md',
  },
  check({ disks }, report) {
    const known = new Map<string, string>();
    for (const { index, path: disk, layout } of disks) {
      // The halves of a mirror are the same, and must be.
      if (layout.dynamic !== undefined) continue;
      for (const [position, each] of layout.volumes.entries()) {
        if (each.id === undefined || each.fileSystem === undefined || shared.has(each.fileSystem)) continue;
        const volume = volumeInWords(each);
        const identity = `${each.fileSystem}:${each.id}`;
        const other = known.get(identity);
        if (other === undefined) known.set(identity, `${volume} of ${disk}`);
        else
          report({ messageId: 'twice', subject: `disks/${index}/volumes/${position}`, data: { volume, disk, other } });
      }
    }
  },
});
