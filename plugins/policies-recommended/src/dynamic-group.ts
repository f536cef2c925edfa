import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const dynamicGroup = definePolicy({
  meta: {
    id: 'source/dynamic-group',
    description: 'Dynamic disks are backed up with all of their group',
    severity: 'error',
    floor: 'warn',
    messages: {
      missing:
        '{disk} is one of {count} dynamic disks of the group {group}, and {names} would not be backed up: volumes that have parts there cannot be restored',
      broken: 'What {disk} says of its dynamic disks is not whole: {problem}. All of the disk is copied as it is',
      unread:
        '{disk} is one of {count} dynamic disks of the group {group}, and which disk is {names} is not known: {others} does not say what it is',
      unknown: '{disk} is a dynamic disk of the group {group}, and which others there are is not known',
    },
    remedies: {
      missing: 'Back up all disks of the group in one version.',
      broken: 'Look at it in the disk management of Windows. Tools for partition tables would destroy the group.',
      unread:
        'Look at them in the disk management of Windows, and make sure that all disks of the group are in this version.',
      unknown: 'Make sure that all disks of the group are in this version.',
    },
    needs: ['contents'],
    source: microsoft,
    docs: 'docs/policies/source-dynamic-group.md',
  },
  check({ disks }, report) {
    const selected = new Set(disks.map(({ layout }) => layout.dynamic?.diskId));
    const groups = disks.flatMap(({ layout }) => layout.dynamic ?? []);
    for (const { index, path: disk, layout } of disks) {
      if (layout.dynamic === undefined) continue;
      const { groupId, groupName: group = 'without a name that can be read' } = layout.dynamic;
      // A disk that was away for a while still tells of the group as it was.
      const sameGroup = groups.filter((each) => each.groupId === groupId && each.sequence !== undefined);
      const newest = sameGroup.toSorted((a, b) => (b.sequence ?? 0) - (a.sequence ?? 0))[0] ?? layout.dynamic;
      const members = newest.disks;
      const subject = `disks/${index}`;
      const missing = members.filter(({ id }) => !selected.has(id));
      for (const problem of layout.dynamic.problems) report({ messageId: 'broken', subject, data: { disk, problem } });
      if (members.length === 0) report({ messageId: 'unknown', subject, data: { disk, group }, unknown: true });
      if (missing.length === 0) continue;
      const names = missing.map(({ name, id }) => `${name} (${id})`).join(', ');
      const data = { disk, count: members.length, group, names };
      // A disk whose header is gone may be one of them.
      const others = disks.filter(
        (each) => each.layout.dynamic !== undefined && each.layout.dynamic.diskId === undefined,
      );
      if (others.length < missing.length) report({ messageId: 'missing', subject, data });
      else
        report({
          messageId: 'unread',
          subject,
          data: { ...data, others: others.map(({ path }) => path).join(', ') },
          unknown: true,
        });
    }
  },
});
