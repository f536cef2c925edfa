import { definePolicy } from '@sysimage/core/plugin';

export const interruptedRun = definePolicy({
  meta: {
    id: 'target/interrupted-run',
    description: 'The last run came to its end',
    severity: 'info',
    messages: {
      open: 'A backup to {location} was cut, or goes on elsewhere: the next one takes back what it did, or goes on with a first image',
    },
    remedies: { open: 'Nothing has to be done by hand. If it happens often, look for the reason in the log.' },
    needs: ['versions'],
    source: 'Every complete version stays as it was, but a backup that never ends is none',
    docs: 'docs/policies/target-interrupted-run.md',
  },
  check({ target: { traits, openRuns } }, report) {
    if (openRuns > 0) report({ messageId: 'open', subject: 'target', data: { location: traits.location } });
  },
});
