import { definePolicy } from '@sysimage/core/plugin';

export const compressed = definePolicy({
  meta: {
    id: 'target/compressed',
    description: 'The volume of the target does not compress what is written',
    severity: 'warn',
    messages: {
      compressed:
        'Files that are made in {location} are compressed by the volume: images are written in place, which is slow there, and takes room in pieces',
      unknown: 'Whether files that are made in {location} are compressed by the volume is not known',
    },
    remedies: {
      compressed: 'Turn compression off for the folder: "compact /u" on Windows, or choose another folder.',
      unknown: 'Run sysimage as root, who can look; or make sure that the folder is not compressed.',
    },
    needs: ['target'],
    source:
      'Microsoft: compressed NTFS files are written anew by units of 16 clusters, and VHD files must not be compressed',
    docs: 'docs/policies/target-compressed.md',
  },
  check({ target: { traits } }, report) {
    const { location, volume } = traits;
    // Only some kinds of targets look.
    if (volume === undefined || volume.compressed === false) return;
    const isKnown = volume.compressed === true;
    report({
      messageId: isKnown ? 'compressed' : 'unknown',
      subject: 'target',
      data: { location },
      unknown: !isKnown,
    });
  },
});
