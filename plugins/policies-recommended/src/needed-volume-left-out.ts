import { definePolicy, type BackupPlan } from '@sysimage/core/plugin';
import { neededVolume } from './needed-volume.js';
import { microsoft, roleInWords, volumeInWords } from './words.js';

export const neededVolumeLeftOut = definePolicy({
  meta: {
    id: 'source/needed-volume-left-out',
    description: 'Every volume that a system needs is backed up with it',
    severity: 'block',
    // The way round has a name of its own, for a run or a job: nobody turns this off for everything.
    floor: 'block',
    messages: {
      leftOut: '{volume} of {disk} is left out, and {name} needs it: it {role}. What is restored may not start',
      unknown:
        'Not all that {name} on {disk} needs to start and run was found: whether its volumes are all taken is not known',
      unread: '{volume} of {disk} may hold a system ({why}): whether that needs {others}, left out, is not known',
    },
    remedies: {
      leftOut: 'Do not leave it out; or accept an image that may not start with --allow-incomplete.',
      unknown: 'Take all disks from which it may start, and leave no volume of them out.',
      unread: 'Leave nothing out that it may need, such as its /boot; or --allow-incomplete.',
    },
    needs: ['contents', 'systems'],
    source: microsoft,
    docs: 'docs/policies/source-needed-volume-left-out.md',
  },
  check({ disks, systems, unread, allowIncomplete }, report) {
    for (const { name, needs, startKnown } of systems) {
      const [own] = needs;
      // A system that is left out itself is no system to start. Of one that its loader tells of, the root may be in what nobody can look into.
      if (own === undefined || !(own.role === 'boot' ? own.taken : unread.some((place) => isTaken(disks, place))))
        continue;
      for (const need of needs) {
        const found = neededVolume(disks, need);
        if (need.taken || allowIncomplete || found === undefined) continue;
        const { volume, path: disk, subject } = found;
        const data = { volume: volumeInWords(volume), disk, name, role: roleInWords(need.role) };
        report({ messageId: 'leftOut', subject, data });
      }
      if (startKnown) continue;
      const disk = disks.find(({ index }) => index === own.disk)?.path ?? '';
      report({ messageId: 'unknown', subject: `disks/${own.disk}`, data: { name, disk }, unknown: true });
    }
    const others = leftOutBesides(disks, systems);
    if (others.length === 0 || allowIncomplete) return;
    for (const { why, ...place } of unread) {
      const found = neededVolume(disks, place);
      if (found === undefined || !isTaken(disks, place)) continue;
      const { volume, path: disk, subject } = found;
      const data = { volume: volumeInWords(volume), disk, why, others: others.join(', ') };
      report({ messageId: 'unread', subject, data, unknown: true });
    }
  },
});

function isTaken(disks: BackupPlan['disks'], place: Parameters<typeof neededVolume>[1]): boolean {
  return (neededVolume(disks, place)?.volume.copied ?? 'none') !== 'none';
}

/** What is left out and may belong to a system that nobody knows: all but swap space, and what is known to hold or belong to another one. */
function leftOutBesides(disks: BackupPlan['disks'], systems: BackupPlan['systems']): readonly string[] {
  const known = new Set(systems.flatMap(({ needs }) => needs.map(({ disk, partition }) => `${disk}:${partition}`)));
  return disks.flatMap(({ index, path, layout }) =>
    layout.volumes
      .filter(({ copied, fileSystem = 'swap' }) => copied === 'none' && fileSystem !== 'swap')
      .filter(({ partition }) => !known.has(`${index}:${partition}`))
      .map((volume) => `${volumeInWords(volume)} of ${path}`),
  );
}
