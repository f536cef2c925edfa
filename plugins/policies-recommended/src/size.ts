import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, sizeInWords } from './words.js';

/** Times what is in use. */
const wanted = 1.5;

export const targetSize = definePolicy({
  meta: {
    id: 'target/size',
    description: 'The target has room for more than one image',
    severity: 'warn',
    messages: {
      small:
        '{location} has {total} in all, and what is backed up has {used} in use: it should have half as much again, so that older versions can stay',
      unknown: 'How large {location} is, is not known',
    },
    remedies: {
      small: 'Choose a larger target, leave volumes out, or let older versions go with "sysimage prune".',
      unknown: 'Make sure that it has half as much room again as is in use.',
    },
    needs: ['contents', 'target'],
    source: microsoft,
    docs: 'docs/policies/target-size.md',
  },
  check({ target, disks }, report) {
    const { location, medium } = target.traits;
    // A bucket has no end, and a set of discs as many as it needs.
    if (medium === 'object-store' || medium === 'optical') return;
    const used = disks.reduce((sum, { bytesToRead }) => sum + bytesToRead, 0);
    if (target.total === undefined) {
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    } else if (target.total < used * wanted) {
      const data = { location, total: sizeInWords(target.total), used: sizeInWords(used) };
      report({ messageId: 'small', subject: 'target', data });
    }
  },
});
