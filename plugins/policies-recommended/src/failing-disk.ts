import { definePolicy } from '@sysimage/core/plugin';
import { sizeInWords } from './words.js';

export const failingDisk = definePolicy({
  meta: {
    id: 'source/failing-disk',
    description: 'Everything could be read last time',
    severity: 'warn',
    messages: {
      failing: 'Of {disk}, {bytes} could not be read for the version of {createdAt}: it may be failing',
    },
    remedies: {
      failing: 'Look at it with "smartctl -a", and replace it while it can still be read.',
    },
    needs: ['tables', 'contents', 'versions'],
    source: 'UrBackup: errors that are passed over are forgotten',
    docs: 'docs/policies/source-failing-disk.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, before } of disks) {
      if (before === undefined || before.unreadableBytes === 0) continue;
      const data = { disk, bytes: sizeInWords(before.unreadableBytes), createdAt: before.createdAt };
      report({ messageId: 'failing', subject: `disks/${index}`, data });
    }
  },
});
