import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const systemVolume = definePolicy({
  meta: {
    id: 'target/system-volume',
    description: 'The target is not on the volume of the running system',
    severity: 'warn',
    messages: {
      system:
        'The target {location} lies on the volume of the running system, mounted at /: whatever destroys the system destroys the backup',
      unknown: 'Which file systems the target {location} lies in is not known',
    },
    remedies: {
      system: 'Choose a target on a disk of its own.',
      unknown: 'Make sure that it is not on the volume of the running system.',
    },
    needs: [],
    source: microsoft,
    docs: 'docs/policies/target-system-volume.md',
  },
  check({ target: { traits } }, report) {
    const { location, medium, fileSystemsBelow } = traits;
    if (medium !== 'disk') return;
    if (fileSystemsBelow === undefined) {
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    } else if (fileSystemsBelow.some(({ mountPoint, keeper }) => mountPoint === '/' && keeper !== 'memory')) {
      report({ messageId: 'system', subject: 'target', data: { location } });
    }
  },
});
