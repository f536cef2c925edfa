import { definePolicy } from '@sysimage/core/plugin';

export const compressed = definePolicy({
  meta: {
    id: 'target/compressed',
    description: 'The volume of the target does not compress what is written',
    severity: 'warn',
    messages: {
      compressed:
        'Files that are made in {location} are compressed by the volume: images are written in place, which is slow there, and takes room in pieces',
    },
    remedies: { compressed: 'Turn compression off for the folder: "compact /u" on Windows, or choose another folder.' },
    needs: ['target'],
    source:
      'Microsoft: compressed NTFS files are written anew by units of 16 clusters, and VHD files must not be compressed',
    docs: 'docs/policies/target-compressed.md',
  },
  check({ target: { traits } }, report) {
    if (traits.volume?.compressed === true)
      report({ messageId: 'compressed', subject: 'target', data: { location: traits.location } });
  },
});
