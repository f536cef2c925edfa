import { definePolicy } from '@sysimage/core/plugin';

export const noDiskId = definePolicy({
  meta: {
    id: 'source/no-disk-id',
    description: 'Every disk has an identity',
    severity: 'warn',
    messages: {
      none: '{disk} has neither an identifier in its partition table nor a serial number: another disk could be taken for it',
      bare: '{disk} has no partition table, no serial number, and nothing on it that has an identifier: another disk of this name would be taken for it',
    },
    remedies: {
      none: 'Give it one, for example with "sfdisk --disk-id".',
      bare: 'Name it by a path that is its own, as those below /dev/disk/by-path.',
    },
    needs: ['tables'],
    source: 'Versions of a disk are found by its identifier, or else by its serial number, what is on it, or its path',
    docs: 'docs/policies/source-no-disk-id.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      const isBare = layout.scheme === 'none';
      const id = isBare ? layout.volumes[0]?.id : layout.id;
      if (id !== undefined || layout.serial !== undefined) continue;
      report({ messageId: isBare ? 'bare' : 'none', subject: `disks/${index}`, data: { disk } });
    }
  },
});
