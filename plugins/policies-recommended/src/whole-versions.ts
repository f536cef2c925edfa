import { definePolicy } from '@sysimage/core/plugin';

export const wholeVersions = definePolicy({
  meta: {
    id: 'target/whole-versions',
    description: 'Older versions take room for their changes only',
    severity: 'info',
    severityUnder: { 'windows-7': 'warn' },
    messages: {
      whole: '{location} cannot keep changes only: each version takes the room of a whole image',
    },
    remedies: {
      whole: 'Choose a folder, an NTFS volume or a share for frequent backups, and keep few versions here.',
    },
    needs: ['target'],
    source: 'Measured: only targets that can change part of an object keep versions as differences',
    docs: 'docs/policies/target-whole-versions.md',
  },
  check({ target: { traits, capabilities } }, report) {
    if (capabilities.singleVersion || capabilities.shadowCopies !== 'none') return;
    report({ messageId: 'whole', subject: 'target', data: { location: traits.location } });
  },
});
