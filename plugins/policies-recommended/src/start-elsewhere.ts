import { definePolicy } from '@sysimage/core/plugin';
import { neededVolume } from './needed-volume.js';

export const startElsewhere = definePolicy({
  meta: {
    id: 'source/start-elsewhere',
    description: 'What starts a system is taken with it',
    severity: 'error',
    floor: 'warn',
    messages: {
      elsewhere:
        '{name} is taken, but what starts it lies on none of the disks of this run, or cannot be read: restored, it does not start',
    },
    remedies: { elsewhere: 'Take the disk that the machine starts from too: "sysimage disks" shows them all.' },
    source: 'Microsoft, "Learn more about system image backup": an image holds all volumes that the system needs',
    docs: 'docs/policies/source-start-elsewhere.md',
  },
  check({ disks, systems }, report) {
    for (const { name, startKnown, needs } of systems) {
      const own = needs.find(({ role, taken }) => role === 'boot' && taken);
      if (startKnown || own === undefined) continue;
      const subject = neededVolume(disks, own)?.subject ?? 'plan';
      report({ messageId: 'elsewhere', subject, data: { name } });
    }
  },
});
