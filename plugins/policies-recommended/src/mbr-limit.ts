import { definePolicy } from '@sysimage/core/plugin';
import { sizeInWords } from './words.js';

/** Sectors that an entry of a master boot record can name. */
const sectors = 2 ** 32;

export const mbrLimit = definePolicy({
  meta: {
    id: 'source/mbr-limit',
    description: 'The partition table reaches the end of the disk',
    severity: 'warn',
    messages: {
      beyond:
        '{path} has {size} and a master boot record, which reaches only {limit}: what lies behind belongs to no partition that every system sees',
    },
    remedies: { beyond: 'Convert the disk to GPT when you change its layout next.' },
    needs: ['tables'],
    source: 'An entry of the master boot record has 32 bits for the first sector and for their number',
    docs: 'docs/policies/source-mbr-limit.md',
  },
  check({ disks }, report) {
    for (const { index, path, layout } of disks) {
      const limit = sectors * layout.sectorSize;
      if (layout.scheme !== 'mbr' || layout.size <= limit) continue;
      const data = { path, size: sizeInWords(layout.size), limit: sizeInWords(limit) };
      report({ messageId: 'beyond', subject: `disks/${index}`, data });
    }
  },
});
