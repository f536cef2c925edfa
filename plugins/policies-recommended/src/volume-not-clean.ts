import { definePolicy } from '@sysimage/core/plugin';
import { volumeInWords } from './words.js';

export const volumeNotClean = definePolicy({
  meta: {
    id: 'source/volume-not-clean',
    description: 'Every volume was closed in order before it is read',
    severity: 'warn',
    messages: {
      unclean: '{volume} of {disk} was not closed in order: {reason}. It is copied {extent}',
      unknown: '{volume} of {disk} may not have been closed in order: {reason}. It is copied {extent}',
      live: '{volume} of {disk} is in use while it is read: {reason}. Its files may not fit together',
    },
    remedies: {
      unclean: 'Check the file system, unmount it in order, and back up again.',
      unknown: 'Make sure that it was; of LUKS and LVM its system tells when it is unlocked, or active.',
      live: 'Back up from a snapshot, or from another system while this volume is not mounted.',
    },
    needs: ['contents'],
    source:
      'Measured: used blocks alone of an unclean ext4, XFS or btrfs lose data, because the journal refers to others',
    docs: 'docs/policies/source-volume-not-clean.md',
  },
  check({ disks, allowLive }, report) {
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        if (each.copied === 'none') continue;
        const subject = `disks/${index}/volumes/${position}`;
        const reason = each.consistencyReason ?? 'it does not say why';
        const data = { volume: volumeInWords(each), disk, reason };
        if (each.consistency === 'crash') {
          // Of several volumes in one, what was not is named, and copied so.
          const isWhole = each.copied === 'whole' || each.inside !== undefined;
          const extent = isWhole ? 'whole' : 'by its blocks in use only';
          const unknown = each.consistencyUnknown === true;
          report({ messageId: unknown ? 'unknown' : 'unclean', subject, data: { ...data, extent }, unknown });
        }
        // Otherwise source/live-volume stops the run.
        if (each.consistency === 'live' && allowLive) report({ messageId: 'live', subject, data });
      }
    }
  },
});
