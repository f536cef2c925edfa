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
      unknown: '{disk} is a dynamic disk of the group {group}, and which others there are is not known',
    },
    remedies: {
      missing: 'Back up all disks of the group in one version.',
      unknown: 'Make sure that all disks of the group are in this version.',
    },
    source: microsoft,
    docs: 'docs/policies/source-dynamic-group.md',
  },
  check({ disks }, report) {
    const selected = new Set(disks.map(({ layout }) => layout.dynamic?.diskId));
    for (const { index, path: disk, layout } of disks) {
      if (layout.dynamic === undefined) continue;
      const { groupName: group, disks: members } = layout.dynamic;
      const subject = `disks/${index}`;
      const missing = members.filter(({ id }) => !selected.has(id));
      if (members.length === 0) report({ messageId: 'unknown', subject, data: { disk, group }, unknown: true });
      if (missing.length === 0) continue;
      const names = missing.map(({ name, id }) => `${name} (${id})`).join(', ');
      report({ messageId: 'missing', subject, data: { disk, count: members.length, group, names } });
    }
  },
});
