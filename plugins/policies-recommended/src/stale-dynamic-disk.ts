import { definePolicy } from '@sysimage/core/plugin';

export const staleDynamicDisk = definePolicy({
  meta: {
    id: 'source/stale-dynamic-disk',
    description: 'Every dynamic disk knows the last change of its group',
    severity: 'warn',
    messages: {
      stale:
        '{disk} was away when the group {group} of dynamic disks was changed last: it knows {sequence} changes, {newest} knows {count}. Its half of a mirror may be old, and its part of any other volume on several disks',
      unknown:
        'How many changes of its group of dynamic disks {disk} knows is not known: it may have been away, or {others} may',
    },
    remedies: {
      stale:
        'Reactivate the disk in the disk management of Windows, wait until its mirrors are made anew, and back up then.',
      unknown:
        'Look in the disk management of Windows whether all disks of the group are online and their volumes healthy.',
    },
    needs: ['contents'],
    source: 'libldm: disks of a group whose databases have different sequences are inconsistent',
    docs: 'docs/policies/source-stale-dynamic-disk.md',
  },
  check({ disks }, report) {
    const members = disks.flatMap(({ index, path, layout: { dynamic } }) =>
      dynamic === undefined ? [] : [{ index, path, ...dynamic }],
    );
    for (const { index, path: disk, groupId, groupName = 'without a name that can be read', sequence } of members) {
      const subject = `disks/${index}`;
      // One whose header is gone may be of any group.
      const others = members.filter(
        (each) =>
          each.index !== index && (groupId === undefined || each.groupId === undefined || each.groupId === groupId),
      );
      if (sequence === undefined && others.length > 0) {
        const data = { disk, others: others.map(({ path }) => path).join(', ') };
        report({ messageId: 'unknown', subject, data, unknown: true });
      }
      if (sequence === undefined) continue;
      const [newest] = others.toSorted((a, b) => (b.sequence ?? 0) - (a.sequence ?? 0));
      const { sequence: count = 0, path = '' } = newest ?? {};
      if (count <= sequence) continue;
      report({ messageId: 'stale', subject, data: { disk, group: groupName, sequence, newest: path, count } });
    }
  },
});
