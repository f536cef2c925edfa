import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, sizeInWords } from './words.js';

export const freeSpace = definePolicy({
  meta: {
    id: 'target/free-space',
    description: 'The target has room for this run',
    severity: 'error',
    severityUnder: { 'windows-7': 'block' },
    messages: {
      tooLittle: 'This run needs about {needed}, and {location} has {free} free: {missing} too little',
      unknown: 'How much is free on {location} is not known; this run needs about {needed}',
    },
    remedies: {
      tooLittle:
        'Make room, delete versions, or choose a larger target. A run that finds no room stops with exit code 15.',
      unknown: 'Make sure that there is room.',
    },
    needs: ['contents', 'target', 'versions'],
    source: microsoft,
    docs: 'docs/policies/target-free-space.md',
  },
  check({ target, bytesNeeded }, report) {
    const { location, medium } = target.traits;
    const needed = sizeInWords(bytesNeeded);
    if (target.free === undefined) {
      // A bucket has no end, so there is nothing to know.
      if (medium === 'object-store') return;
      report({ messageId: 'unknown', subject: 'target', data: { location, needed }, unknown: true });
    } else if (bytesNeeded > target.free) {
      const data = {
        location,
        needed,
        free: sizeInWords(target.free),
        missing: sizeInWords(bytesNeeded - target.free),
      };
      report({ messageId: 'tooLittle', subject: 'target', data });
    }
  },
});
