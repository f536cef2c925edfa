import { definePolicy } from '@sysimage/core/plugin';

export const manyVersions = definePolicy({
  meta: {
    id: 'target/many-versions',
    description: 'Old versions are not kept for ever',
    severity: 'warn',
    messages: {
      many: 'There are {versions} versions on {location}: the oldest needs all that later ones displaced, and one damaged layer costs all before it',
    },
    remedies: { many: 'Let some go with "sysimage prune --keep-daily 14 --keep-weekly 8 --keep-monthly 12 --plan".' },
    options: {
      // The oldest of so many is read through as many layers.
      versions: { description: 'So many versions are too many', value: 200, least: 2, most: 100_000 },
    },
    needs: ['target', 'versions'],
    source: 'Long chains are slow and fragile (Xen Orchestra: chains of more than 99 cannot be mounted)',
    docs: 'docs/policies/target-many-versions.md',
  },
  check({ target: { traits, capabilities, versions } }, report, options) {
    // Whole versions do not need each other.
    if (versions < options.versions || capabilities.shadowCopies !== 'engine' || !capabilities.randomWrite) return;
    report({ messageId: 'many', subject: 'target', data: { location: traits.location, versions } });
  },
});
