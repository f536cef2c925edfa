import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const layoutChanged = definePolicy({
  meta: {
    id: 'source/layout-changed',
    description: 'The disk is laid out as when it was last backed up',
    severity: 'warn',
    messages: {
      changed:
        '{disk} is laid out otherwise than in the version of {createdAt}: {differences}. Older versions may fit it only with --recreate-disks',
    },
    remedies: {
      changed: 'Make a new backup now; this run does.',
    },
    needs: ['tables', 'contents', 'versions'],
    source: microsoft,
    docs: 'docs/policies/source-layout-changed.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, before } of disks) {
      if (before === undefined || before.differences.length === 0) continue;
      const data = { disk, createdAt: before.createdAt, differences: before.differences.join('; ') };
      report({ messageId: 'changed', subject: `disks/${index}`, data });
    }
  },
});
