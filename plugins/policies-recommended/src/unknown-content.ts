import { definePolicy } from '@sysimage/core/plugin';
import { isWithoutFileSystem } from './without-file-system.js';
import { sizeInWords, volumeInWords } from './words.js';

export const unknownContent = definePolicy({
  meta: {
    id: 'source/unknown-content',
    description: 'What is on every volume is known',
    severity: 'info',
    messages: {
      unknown: 'What is on {volume} of {disk} is not known: all of its {size} are copied',
    },
    remedies: {
      unknown: 'Nothing, unless it is an unused partition: then leave it out.',
    },
    needs: ['contents'],
    source: 'Clonezilla: a file system that nobody knows is copied sector by sector',
    docs: 'docs/policies/source-unknown-content.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        if (each.copied === 'none' || each.fileSystem !== undefined || layout.dynamic !== undefined) continue;
        if (isWithoutFileSystem(layout, each)) continue;
        report({
          messageId: 'unknown',
          subject: `disks/${index}/volumes/${position}`,
          data: { volume: volumeInWords(each), disk, size: sizeInWords(each.size) },
        });
      }
    }
  },
});
