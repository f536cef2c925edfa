import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, roleInWords, volumeInWords } from './words.js';

export const neededVolumeLeftOut = definePolicy({
  meta: {
    id: 'source/needed-volume-left-out',
    description: 'Every volume that a system needs is backed up with it',
    severity: 'error',
    floor: 'warn',
    messages: {
      leftOut: '{volume} of {disk} is left out, and {name} needs it: it {role}. What is restored may not start',
      unknown: 'What starts {name} on {disk} was not found: whether its volumes are all taken is not known',
    },
    remedies: {
      leftOut: 'Do not leave it out.',
      unknown: 'Take all disks from which it may start.',
    },
    source: microsoft,
    docs: 'docs/policies/source-needed-volume-left-out.md',
  },
  check({ disks, systems }, report) {
    for (const { name, needs, startKnown } of systems) {
      const [own] = needs;
      // A system that is left out itself is no system to start.
      if (own?.taken !== true) continue;
      for (const need of needs) {
        const disk = disks.find(({ index }) => index === need.disk);
        const position = disk?.layout.volumes.findIndex(({ partition }) => partition === need.partition) ?? -1;
        const volume = disk?.layout.volumes[position];
        if (need.taken || disk === undefined || volume === undefined) continue;
        report({
          messageId: 'leftOut',
          subject: `disks/${need.disk}/volumes/${position}`,
          data: { volume: volumeInWords(volume), disk: disk.path, name, role: roleInWords(need.role) },
        });
      }
      if (startKnown) continue;
      const disk = disks.find(({ index }) => index === own.disk)?.path ?? '';
      report({ messageId: 'unknown', subject: `disks/${own.disk}`, data: { name, disk }, unknown: true });
    }
  },
});
