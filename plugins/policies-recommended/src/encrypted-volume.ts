import { definePolicy } from '@sysimage/core/plugin';
import { volumeInWords } from './words.js';

const encrypted = new Set(['luks', 'bitlocker']);

export const encryptedVolume = definePolicy({
  meta: {
    id: 'source/encrypted-volume',
    description: 'What is backed up can be read',
    severity: 'warn',
    messages: {
      encrypted:
        '{volume} of {disk} is encrypted ({type}): all of it is copied as it lies there, free space too, and without its key the backup is worth nothing',
      inside:
        '{inside} in {volume} of {disk} is encrypted: it is copied as it lies there, and without its key the backup is worth nothing',
      unlocked:
        '{volume} of {disk} is encrypted ({type}): its blocks in use are copied as they lie there, and without its key the backup is worth nothing',
    },
    remedies: {
      encrypted:
        'Keep its key or recovery password where the fire cannot reach it. To save room, unlock it: of LUKS only blocks in use are copied then; of others, back up what lies inside.',
      inside: 'Keep its key or recovery password where the fire cannot reach it.',
      unlocked: 'Keep its key or recovery password where the fire cannot reach it.',
    },
    needs: ['contents'],
    source: 'Clonezilla #32, #84: users find out at restore',
    docs: 'docs/policies/source-encrypted-volume.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        if (each.copied === 'none') continue;
        const subject = `disks/${index}/volumes/${position}`;
        const volume = volumeInWords(each);
        const { fileSystem: type = '', inside = [] } = each;
        if (encrypted.has(type)) {
          const messageId = each.copied === 'used' ? 'unlocked' : 'encrypted';
          report({ messageId, subject, data: { volume, disk, type } });
          continue;
        }
        for (const { path, fileSystem = '', encrypted: isEncrypted } of inside) {
          if (isEncrypted === true || encrypted.has(fileSystem))
            report({ messageId: 'inside', subject, data: { inside: path, volume, disk } });
        }
      }
    }
  },
});
