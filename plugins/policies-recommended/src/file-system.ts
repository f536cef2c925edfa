import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const fileSystem = definePolicy({
  meta: {
    id: 'target/file-system',
    description: 'A disk for images has NTFS',
    severity: 'off',
    severityUnder: { 'windows-7': 'block' },
    messages: {
      other: 'The target {location} lies on {found}: Windows 7 made images on NTFS only',
      unknown: 'On which file system the target {location} lies is not known',
    },
    remedies: {
      other: 'Choose an NTFS volume, or another profile: here every file system that holds large files keeps versions.',
      unknown: 'Name the volume as ntfs: target.',
    },
    needs: ['target'],
    source: microsoft,
    docs: 'docs/policies/target-file-system.md',
  },
  check({ target: { traits } }, report) {
    const { location, medium, fileSystem: found } = traits;
    if (medium !== 'disk' || found === 'ntfs' || found === 'ntfs3') return;
    // FUSE says only that some program answers.
    if (found === undefined || found.startsWith('fuse'))
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    else report({ messageId: 'other', subject: 'target', data: { location, found } });
  },
});
