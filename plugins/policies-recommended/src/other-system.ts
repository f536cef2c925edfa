import { definePolicy } from '@sysimage/core/plugin';
import { neededVolume } from './needed-volume.js';
import { microsoft, volumeInWords } from './words.js';

export const otherSystem = definePolicy({
  meta: {
    id: 'source/other-system',
    description: 'No system starts from the volume of another one',
    severity: 'info',
    severityUnder: { 'windows-7': 'warn' },
    messages: {
      other:
        '{other} lies on {volume} of {disk}, which {name} needs to start: it is part of every backup, and every restore puts it back too',
    },
    remedies: {
      other: 'Nothing, if that is wanted. A separate system partition keeps them apart.',
    },
    needs: ['contents', 'systems'],
    source: microsoft,
    docs: 'docs/policies/source-other-system.md',
  },
  check({ disks, systems }, report) {
    for (const {
      name,
      needs: [own, ...rest],
    } of systems) {
      if (own?.taken !== true) continue;
      for (const need of rest) {
        const other = systems.find(
          ({ needs: [its] }) =>
            its?.role === 'boot' && its.disk === need.disk && its.partition === need.partition && its !== own,
        );
        const isOwn = need.disk === own.disk && need.partition === own.partition;
        const found = neededVolume(disks, need);
        if (other === undefined || !need.taken || isOwn || found === undefined) continue;
        const { volume, path: disk, subject } = found;
        const data = { other: versionInWords(other), volume: volumeInWords(volume), disk, name };
        report({ messageId: 'other', subject, data });
      }
    }
  },
});

function versionInWords({ name, version }: { readonly name: string; readonly version: string | undefined }): string {
  return version === undefined ? name : `${name} (${version})`;
}
