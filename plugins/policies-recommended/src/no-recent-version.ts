import { definePolicy } from '@sysimage/core/plugin';

export const noRecentVersion = definePolicy({
  meta: {
    id: 'target/no-recent-version',
    description: 'The newest good version is not old',
    severity: 'warn',
    messages: {
      old: 'The newest good version of {disk} on {location} is {days} days old; it should be at most {limit}',
      doubtful:
        'No version of {disk} on {location} is a good one: each was taken from volumes in use, or has holes where the disk could not be read',
    },
    remedies: {
      old: 'Run a backup now, and look why none was made: "sysimage overdue" can tell you in time.',
      doubtful: 'Back it up from a snapshot, or from another system; replace a disk that cannot be read.',
    },
    options: {
      days: { description: 'Days that it may be old, where the job has no maxAge', value: 35, least: 1, most: 3650 },
    },
    needs: ['tables', 'versions'],
    source: 'Backups end silently: a disk that is not plugged in, a timer that nobody started again',
    docs: 'docs/policies/target-no-recent-version.md',
  },
  check({ target: { traits }, disks, watch }, report, options) {
    const limit = watch?.maxAgeDays ?? options.days;
    const { location } = traits;
    for (const { index, path: disk, before } of disks) {
      if (before === undefined) continue;
      const { goodDaysAgo: days } = before;
      const subject = `disks/${index}`;
      if (days === undefined) report({ messageId: 'doubtful', subject, data: { disk, location } });
      else if (days > limit)
        report({ messageId: 'old', subject, data: { disk, location, days, limit: Number(limit.toFixed(1)) } });
    }
  },
});
