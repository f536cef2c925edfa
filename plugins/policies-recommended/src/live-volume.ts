import { definePolicy } from '@sysimage/core/plugin';
import { volumeInWords } from './words.js';

export const liveVolume = definePolicy({
  meta: {
    id: 'source/live-volume',
    description: 'No volume changes while it is read',
    severity: 'block',
    // The way round has a name of its own, for a run or a job: nobody turns this off for everything.
    floor: 'block',
    messages: {
      live: '{volume} of {disk} is in use: {reason}. An image of it may not be restorable',
      unknown: '{volume} of {disk} is in use: {reason}. Whether it can be read as it is at one instant is not known',
    },
    remedies: {
      live: 'Unmount it, mount it read-only, or take a snapshot; or accept such an image with --allow-live.',
      unknown: 'Record it with "sysimage machine record", as root; or unmount it.',
    },
    needs: [],
    source: 'Measured: a file system that is written while it is copied can lose data at restore',
    docs: 'docs/policies/source-live-volume.md',
  },
  check({ disks, allowLive }, report) {
    if (allowLive) return;
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        if (each.copied === 'none') continue;
        if (each.consistency !== 'live') continue;
        const data = { volume: volumeInWords(each), disk, reason: each.consistencyReason ?? 'it does not say why' };
        const unknown = each.snapshotUnknown === true;
        const subject = `disks/${index}/volumes/${position}`;
        report({ messageId: unknown ? 'unknown' : 'live', subject, data, unknown });
      }
    }
  },
});
