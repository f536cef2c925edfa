import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, sizeInWords } from './words.js';

export const nearlyFull = definePolicy({
  meta: {
    id: 'target/nearly-full',
    description: 'Some room is left when the run is complete',
    severity: 'warn',
    messages: {
      full: 'When this run is complete, {location} has about {left} left of {total}: the next one may have to give older versions up',
      unknown: 'How full {location} will be is not known',
    },
    remedies: {
      full: 'Let versions go with "sysimage prune", or choose a larger target.',
      unknown: 'Look now and then how much is free.',
    },
    options: {
      percent: { description: 'Of the whole target, what must be left free', value: 5, least: 0, most: 99 },
    },
    needs: ['contents', 'target', 'versions'],
    source: microsoft,
    docs: 'docs/policies/target-nearly-full.md',
  },
  check({ target, bytesNeeded, replacement }, report, { percent }) {
    // The older version goes, and nobody knows yet what that gives back.
    if (replacement !== 'keep') return;
    const { location, medium } = target.traits;
    if (medium === 'object-store' || medium === 'optical') return;
    if (target.free === undefined || target.total === undefined) {
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
      return;
    }
    const left = target.free - bytesNeeded;
    // Less than nothing is what target/free-space speaks of.
    if (left < 0 || left >= (target.total * percent) / 100) return;
    report({
      messageId: 'full',
      subject: 'target',
      data: { location, left: sizeInWords(left), total: sizeInWords(target.total) },
    });
  },
});
