import { definePolicy } from '@sysimage/core/plugin';

export const renamedComputer = definePolicy({
  meta: {
    id: 'target/renamed-computer',
    description: 'The machine is backed up under the name that it had',
    severity: 'warn',
    messages: {
      renamed:
        'There is no version of {computer} on {location}, but this very machine is there as {names}: everything is copied again, and versions go on under the new name',
    },
    remedies: {
      renamed:
        'To go on where the last version ended, keep the name with --computer "{first}"; or go on: what is there stays. A copy of another machine needs an identity of its own (systemd-machine-id-setup).',
    },
    needs: ['versions'],
    source:
      'Versions are kept by the name of the computer: whoever renames one begins anew, and mostly without noticing',
    docs: 'docs/policies/target-renamed-computer.md',
  },
  check({ computer, target: { traits, earlierNames } }, report) {
    const [first] = earlierNames;
    if (first === undefined) return;
    const data = { computer, location: traits.location, names: earlierNames.join(', '), first };
    report({ messageId: 'renamed', subject: 'target', data });
  },
});
