import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, sizeInWords } from './words.js';

export const targetSize = definePolicy({
  meta: {
    id: 'target/size',
    description: 'The target has room for more than one image',
    severity: 'warn',
    messages: {
      small:
        '{location} has {total} in all, and what is backed up has {used} in use: it should have {times} times as much, so that older versions can stay',
      unknown: 'How large {location} is, is not known',
    },
    remedies: {
      small: 'Choose a larger target, leave volumes out, or let older versions go with "sysimage prune".',
      unknown: 'Make sure that older versions can stay beside the newest.',
    },
    options: {
      times: { description: 'Room in all, in times what is in use', value: 1.5, least: 1, most: 1000 },
    },
    needs: ['contents', 'target'],
    source: microsoft,
    docs: 'docs/policies/target-size.md',
  },
  check({ target, disks }, report, { times }) {
    const { location, medium } = target.traits;
    // A bucket has no end, and a set of discs as many as it needs.
    if (medium === 'object-store' || medium === 'optical') return;
    const used = disks.reduce((sum, { bytesToRead }) => sum + bytesToRead, 0);
    if (target.total === undefined) {
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    } else if (target.total < used * times) {
      const data = { location, total: sizeInWords(target.total), used: sizeInWords(used), times };
      report({ messageId: 'small', subject: 'target', data });
    }
  },
});
