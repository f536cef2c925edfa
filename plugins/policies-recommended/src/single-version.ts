import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const singleVersion = definePolicy({
  meta: {
    id: 'target/single-version',
    description: 'The target keeps more than the newest version',
    severity: 'warn',
    floor: 'warn',
    messages: {
      single: 'The target {location} keeps only the newest version: each backup replaces the one before',
    },
    remedies: {
      single: 'Let the target keep its versions, or back up to a second target as well.',
    },
    needs: ['target'],
    source: microsoft,
    docs: 'docs/policies/target-single-version.md',
  },
  check({ target }, report) {
    if (!target.capabilities.singleVersion) return;
    report({ messageId: 'single', subject: 'target', data: { location: target.traits.location } });
  },
});
