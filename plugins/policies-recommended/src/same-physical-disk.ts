import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const samePhysicalDisk = definePolicy({
  meta: {
    id: 'target/same-physical-disk',
    description: 'The target lies on another physical disk than what is backed up',
    severity: 'error',
    floor: 'warn',
    messages: {
      same: 'The target {location} lies on {disk}, the same physical disk as {source}: if it fails, both are lost',
      targetUnknown: 'Which physical disks the target {location} lies on is not known: {why}',
      sourceUnknown: 'Which physical disks {source} lies on is not known: {why}',
    },
    remedies: {
      same: 'Choose a target on another disk, a share, or an object store.',
      targetUnknown: 'Make sure that the target is on another disk than {sources}.',
      sourceUnknown: 'Make sure that {source} is on another disk than the target.',
    },
    needs: [],
    source: microsoft,
    docs: 'docs/policies/target-same-physical-disk.md',
  },
  check({ target, disks }, report) {
    const { location, physicalDisks: below, physicalDisksUnknown } = target.traits;
    if (below === undefined) {
      const sources = disks.map((disk) => disk.path).join(', ');
      const why = physicalDisksUnknown ?? 'the target does not tell';
      report({ messageId: 'targetUnknown', subject: 'target', data: { location, sources, why }, unknown: true });
      return;
    }
    // On no disk of this machine, so on none of the sources either.
    if (below.length === 0) return;
    for (const { index, path: source, physicalDisks, physicalDisksUnknown: why } of disks) {
      const subject = `disks/${index}`;
      if (physicalDisks === undefined) {
        const data = { location, source, why: why ?? 'the system does not tell' };
        report({ messageId: 'sourceUnknown', subject, data, unknown: true });
        continue;
      }
      const shared = below.filter((disk) => physicalDisks.some(({ id }) => id === disk.id));
      if (shared.length === 0) continue;
      const disk = shared.map(({ name }) => name).join(', ');
      report({ messageId: 'same', subject, data: { location, source, disk } });
    }
  },
});
