import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const systemChanged = definePolicy({
  meta: {
    id: 'source/system-changed',
    description: 'The disks hold the system that was last backed up from them',
    severity: 'warn',
    floor: 'info',
    messages: {
      changed:
        'The newest version holds {before}, and these disks hold {now}: as room runs out, the versions with what was there before go first',
    },
    remedies: {
      changed:
        'To keep the earlier system, back the new one up under another name with --computer, or to another target.',
    },
    needs: ['systems', 'versions'],
    source: microsoft,
    docs: 'docs/policies/source-system-changed.md',
  },
  check({ systems, systemsBefore }, report) {
    if (systemsBefore === undefined || systems.length === 0) return;
    const inWords = (list: readonly { readonly name: string }[]): string =>
      list
        .map(({ name }) => name)
        .toSorted()
        .join(', ');
    const [before, now] = [inWords(systemsBefore), inWords(systems)];
    if (before !== now) report({ messageId: 'changed', subject: 'plan', data: { before, now } });
  },
});
