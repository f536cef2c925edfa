import { definePolicy } from '@sysimage/core/plugin';
import { sizeInWords } from './words.js';

/** Of the file systems that have one below that of our images, bytes. */
const limits: Readonly<Record<string, number>> = { vfat: 2 ** 32 - 1, msdos: 2 ** 32 - 1 };

export const fileSizeLimit = definePolicy({
  meta: {
    id: 'target/file-size-limit',
    description: 'An image may be as large as it becomes',
    severity: 'error',
    floor: 'warn',
    messages: {
      large: 'The image of {path} will take {size}, and {type}, on which {location} lies, holds no file over {limit}',
      unknown: 'How large a file on {location} may be is not known',
    },
    remedies: {
      large: 'Choose a target with another file system: NTFS, exFAT, ext4, XFS or Btrfs.',
      unknown: 'Make sure that it is not FAT32, which ends at 4 GiB.',
    },
    needs: ['contents', 'target'],
    source: 'Microsoft, "FAT: General Overview of On-Disk Format": a size has 32 bits',
    docs: 'docs/policies/target-file-size-limit.md',
  },
  check({ target: { traits }, disks }, report) {
    const { location, medium, fileSystem, fileSystemsBelow } = traits;
    if (medium !== 'disk') return;
    const type = fileSystem ?? fileSystemsBelow?.[0]?.type;
    if (type === undefined) {
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
      return;
    }
    const limit = limits[type];
    for (const { index, path, imageBytes } of disks) {
      if (limit === undefined || imageBytes <= limit) continue;
      const data = { path, location, type, size: sizeInWords(imageBytes), limit: sizeInWords(limit) };
      report({ messageId: 'large', subject: `disks/${index}`, data });
    }
  },
});
