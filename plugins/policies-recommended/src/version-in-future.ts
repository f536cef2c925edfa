import { definePolicy } from '@sysimage/core/plugin';

/** Clocks that are set by the network differ by less. */
const tolerance = 180;

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
    needs: ['versions'],
    source: 'Retention and "latest" go by time; clocks that run behind make the newest version look old (kopia)',
    docs: 'docs/policies/target-version-in-future.md',
  },
  check({ target: { traits, newest } }, report) {
    if (newest === undefined || newest.secondsAhead <= tolerance) return;
    const minutes = Math.round(newest.secondsAhead / 60);
    report({ messageId: 'ahead', subject: 'target', data: { location: traits.location, minutes } });
  },
});
