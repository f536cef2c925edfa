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
        'The newest version of {disk} holds {before}, and the disk holds {now}: as room runs out, the versions with what was there before go first',
      unknown:
        'The newest version of {disk} holds {before}, and which system the disk holds now is not known: as room runs out, the versions with what was there before go first',
    },
    remedies: {
      changed:
        'To keep the earlier system, back the new one up under another name with --computer, or to another target.',
      unknown:
        'If it is another one, back it up under another name with --computer, or to another target, to keep the earlier one.',
    },
    needs: ['tables', 'systems', 'versions'],
    source: microsoft,
    docs: 'docs/policies/source-system-changed.md',
  },
  check({ disks, systems }, report) {
    for (const { index, path: disk, before: { systems: earlier = [] } = {} } of disks) {
      if (earlier.length === 0) continue;
      const [before, now] = [inWords(earlier), inWords(systems.filter(({ needs: [own] }) => own?.disk === index))];
      const subject = `disks/${index}`;
      if (now === '') report({ messageId: 'unknown', subject, data: { disk, before }, unknown: true });
      else if (before !== now) report({ messageId: 'changed', subject, data: { disk, before, now } });
    }
  },
});

function inWords(systems: readonly { readonly name: string }[]): string {
  return systems
    .map(({ name }) => name)
    .toSorted()
    .join(', ');
}
