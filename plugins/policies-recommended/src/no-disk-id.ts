import { definePolicy } from '@sysimage/core/plugin';

export const noDiskId = definePolicy({
  meta: {
    id: 'source/no-disk-id',
    description: 'Every disk has an identity',
    severity: 'warn',
    messages: {
      none: 'The partition table of {disk} has no identifier: another disk at this path would be taken for it',
    },
    remedies: {
      none: 'Give it one, for example with "sfdisk --disk-id".',
    },
    source: 'Versions of a disk are found by its identifier; without one, by its path',
    docs: 'docs/policies/source-no-disk-id.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      if (layout.scheme === 'none' || layout.id !== undefined) continue;
      report({ messageId: 'none', subject: `disks/${index}`, data: { disk } });
    }
  },
});
