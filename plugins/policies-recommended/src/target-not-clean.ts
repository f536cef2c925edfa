import { definePolicy } from '@sysimage/core/plugin';

export const targetNotClean = definePolicy({
  meta: {
    id: 'target/not-clean',
    description: 'The file system of the target was put away in order',
    severity: 'warn',
    messages: {
      unclean:
        'The volume that {location} lies on was not put away in order ({why}): what is written to it may be lost with it',
      unknown: 'Whether the volume that {location} lies on was put away in order is not known',
    },
    remedies: {
      unclean: 'Let the system that it belongs to check it (chkdsk /f, fsck), and shut Windows down fully.',
      unknown: 'Check it now and then.',
    },
    needs: ['target'],
    source: 'Microsoft, "Learn more about system image backup": do not use the backup disk with other systems',
    docs: 'docs/policies/target-not-clean.md',
  },
  check({ target: { traits } }, report) {
    const { location, volume } = traits;
    // Only some kinds of targets look.
    if (volume === undefined || volume.state === 'clean') return;
    if (volume.state === 'unknown')
      report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    else report({ messageId: 'unclean', subject: 'target', data: { location, why: volume.stateReason ?? 'dirty' } });
  },
});
