import { definePolicy } from '@sysimage/core/plugin';
import { isWithoutFileSystem } from './without-file-system.js';
import { microsoft, volumeInWords } from './words.js';

export const leftOutVolume = definePolicy({
  meta: {
    id: 'source/left-out-volume',
    description: 'Every volume with data is backed up',
    severity: 'info',
    messages: {
      leftOut: '{volume} of {disk} is left out: nothing of what it holds can be restored',
      unknown: '{volume} of {disk} is left out, and what is on it is not known: nothing of it can be restored',
    },
    remedies: {
      leftOut: 'Back it up as well, or in a job of its own.',
      unknown: 'If it is in use, back it up as well, or in a job of its own.',
    },
    needs: ['contents'],
    source: microsoft,
    docs: 'docs/policies/source-left-out-volume.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        if (each.copied !== 'none' || isWithoutFileSystem(layout, each)) continue;
        const unknown = each.fileSystem === undefined;
        report({
          messageId: unknown ? 'unknown' : 'leftOut',
          subject: `disks/${index}/volumes/${position}`,
          data: { volume: volumeInWords(each), disk },
          unknown,
        });
      }
    }
  },
});
