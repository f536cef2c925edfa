import { definePolicy } from '@sysimage/core/plugin';
import { sizeInWords, volumeInWords } from './words.js';

/** Microsoft reserved, BIOS boot, and PReP boot in a GPT and in an MBR: nobody puts a file system there. */
const withoutFileSystem = new Set([
  'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  '21686148-6449-6E6F-744E-656564454649',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B',
  '41',
]);

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
        const type = layout.partitions.find((one) => one.index === each.partition)?.type.toUpperCase() ?? '';
        if (withoutFileSystem.has(type)) continue;
        report({
          messageId: 'unknown',
          subject: `disks/${index}/volumes/${position}`,
          data: { volume: volumeInWords(each), disk, size: sizeInWords(each.size) },
        });
      }
    }
  },
});
