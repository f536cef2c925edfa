import { definePolicy } from '@sysimage/core/plugin';

export const verifyOverdue = definePolicy({
  meta: {
    id: 'target/verify-overdue',
    description: 'The versions on the target were read back not long ago',
    severity: 'warn',
    messages: {
      overdue: 'No version on {location} was read back and found whole for {days} days; it should be every {within}',
      unknown: 'Whether the versions on {location} can be read back is not known: this machine never verified them',
    },
    remedies: {
      overdue: 'Run "sysimage verify", or a part of it with --subset.',
      unknown: 'Run "sysimage verify" on this machine, or a part of it with --subset.',
    },
    needs: ['versions'],
    source: 'Media fail silently: what is never read back is found damaged when it is needed',
    docs: 'docs/policies/target-verify-overdue.md',
  },
  check({ target: { traits, versions, verified } }, report) {
    const { daysAgo, daysOfOldest, within } = verified;
    // Young versions are due by nobody's reckoning.
    if (versions === 0 || daysOfOldest <= within) return;
    const { location } = traits;
    if (daysAgo === undefined) report({ messageId: 'unknown', subject: 'target', data: { location }, unknown: true });
    else if (daysAgo > within)
      report({ messageId: 'overdue', subject: 'target', data: { location, days: daysAgo, within } });
  },
});
