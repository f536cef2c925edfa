import { definePolicy } from '@sysimage/core/plugin';

export const partitionTable = definePolicy({
  meta: {
    id: 'source/partition-table',
    description: 'Every partition table is whole',
    severity: 'warn',
    messages: {
      problem: 'The partition table of {disk}: {problem}',
    },
    remedies: {
      problem: 'Repair the table, for example with "gdisk". The image holds it as it is.',
    },
    needs: ['tables', 'contents'],
    source: 'UEFI specification, GPT: both headers must be valid, and a damaged one restored from the other',
    docs: 'docs/policies/source-partition-table.md',
  },
  check({ disks }, report) {
    for (const { index, path: disk, layout } of disks) {
      for (const problem of layout.problems) {
        report({ messageId: 'problem', subject: `disks/${index}`, data: { disk, problem } });
      }
    }
  },
});
