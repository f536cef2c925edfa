import { definePolicy } from '@sysimage/core/plugin';

export const versionInFuture = definePolicy({
  meta: {
    id: 'target/version-in-future',
    description: 'No version is from the future',
    severity: 'error',
    floor: 'warn',
    messages: {
      ahead:
        'A version on {location} was taken {minutes} minutes later than it is now on this machine: one of the clocks is wrong',
    },
    remedies: {
      ahead: 'Set the clock of this machine, or wait: versions are told apart, and given up, by their time.',
    },
    options: {
      // Clocks that are set by the network differ by less.
      seconds: { description: 'Seconds by which clocks may differ', value: 180, least: 0, most: 86_400 },
    },
    needs: ['versions'],
    source: 'Retention and "latest" go by time; clocks that run behind make the newest version look old (kopia)',
    docs: 'docs/policies/target-version-in-future.md',
  },
  check({ target: { traits, newest } }, report, { seconds }) {
    if (newest === undefined || newest.secondsAhead <= seconds) return;
    const minutes = Math.round(newest.secondsAhead / 60);
    report({ messageId: 'ahead', subject: 'target', data: { location: traits.location, minutes } });
  },
});
