import { definePolicy } from '@sysimage/core/plugin';

export const replacedInPlace = definePolicy({
  meta: {
    id: 'target/replaced-in-place',
    description: 'The old version is whole until the new one is',
    severity: 'warn',
    messages: {
      swap: 'There is no room on {location} for two images: the only version is changed in place. When the run is cut, the next one must take it back before anything can be restored',
    },
    remedies: {
      swap: 'Make room for a second image, or let the target keep its versions.',
    },
    needs: ['contents', 'target', 'versions'],
    source: 'Microsoft, wbadmin: a target of a single version has no backup while one is written',
    docs: 'docs/policies/target-replaced-in-place.md',
  },
  check({ target, replacement }, report) {
    if (replacement !== 'swap') return;
    report({ messageId: 'swap', subject: 'target', data: { location: target.traits.location } });
  },
});
