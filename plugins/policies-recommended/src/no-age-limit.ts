import { definePolicy } from '@sysimage/core/plugin';

export const noAgeLimit = definePolicy({
  meta: {
    id: 'job/no-age-limit',
    description: 'It is said how old a backup may become',
    severity: 'info',
    messages: { none: 'This job has no maxAge: nobody can be told that there was no good backup for too long' },
    remedies: { none: 'Give it one, for example "maxAge: 36h", and run "sysimage overdue" by a timer of its own.' },
    needs: [],
    source:
      "A backup that is never started fails without a word: only what watches for its absence notices (dead man's switch)",
    docs: 'docs/policies/job-no-age-limit.md',
  },
  check({ watch }, report) {
    if (watch !== undefined && watch.maxAgeDays === undefined) report({ messageId: 'none', subject: 'plan', data: {} });
  },
});
