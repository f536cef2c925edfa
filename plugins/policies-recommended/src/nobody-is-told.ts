import { definePolicy } from '@sysimage/core/plugin';

export const nobodyIsTold = definePolicy({
  meta: {
    id: 'job/nobody-is-told',
    description: 'Somebody hears of a failure',
    severity: 'warn',
    messages: { nobody: 'When this job fails, nobody is told: the configuration has no notification for it' },
    remedies: {
      nobody: 'Add one under "notifications" (mail, webhook, or a command), and try it with "sysimage notify".',
    },
    needs: [],
    source: 'The most frequent end of backups is one that nobody noticed (Veeam: EmailNotificationsEnabled)',
    docs: 'docs/policies/job-nobody-is-told.md',
  },
  check({ watch }, report) {
    if (watch?.tellsOfFailure === false) report({ messageId: 'nobody', subject: 'plan', data: {} });
  },
});
