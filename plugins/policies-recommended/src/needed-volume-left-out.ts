import { definePolicy } from '@sysimage/core/plugin';
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
      unknown: 'What starts {name} on {disk} was not found: whether its volumes are all taken is not known',
    },
    remedies: {
      leftOut: 'Do not leave it out; or accept an image that may not start with --allow-incomplete.',
      unknown: 'Take all disks from which it may start.',
    },
    needs: ['contents', 'systems'],
    source: microsoft,
    docs: 'docs/policies/source-needed-volume-left-out.md',
  },
  check({ disks, systems, allowIncomplete }, report) {
    for (const { name, needs, startKnown } of systems) {
      const [own] = needs;
      // A system that is left out itself is no system to start.
      if (own?.taken !== true) continue;
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
  },
});
