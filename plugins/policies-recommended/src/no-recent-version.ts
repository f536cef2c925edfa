import { definePolicy } from '@sysimage/core/plugin';

/** Days, where the job says nothing. */
const usual = 35;

export const noRecentVersion = definePolicy({
  meta: {
    id: 'target/no-recent-version',
    description: 'The newest version is not old',
    severity: 'warn',
    messages: { old: 'The newest version on {location} is {days} days old; it should be at most {limit}' },
    remedies: { old: 'Run a backup now, and look why none was made: "sysimage overdue" can tell you in time.' },
    needs: ['versions'],
    source: 'Backups end silently: a disk that is not plugged in, a timer that nobody started again',
    docs: 'docs/policies/target-no-recent-version.md',
  },
  check({ target: { traits, newest }, watch }, report) {
    const limit = watch?.maxAgeDays ?? usual;
    if (newest === undefined || newest.daysAgo <= limit) return;
    const data = { location: traits.location, days: newest.daysAgo, limit: Number(limit.toFixed(1)) };
    report({ messageId: 'old', subject: 'target', data });
  },
});
