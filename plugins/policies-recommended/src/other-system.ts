import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, volumeInWords } from './words.js';

export const otherSystem = definePolicy({
  meta: {
    id: 'source/other-system',
    description: 'No system starts from the volume of another one',
    severity: 'info',
    messages: {
      other:
        '{other} lies on {volume} of {disk}, which {name} needs to start: it is part of every backup, and every restore puts it back too',
    },
    remedies: {
      other: 'Nothing, if that is wanted. A separate system partition keeps them apart.',
    },
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
          ({ needs: [its] }) => its?.disk === need.disk && its.partition === need.partition && its !== own,
        );
        const isOwn = need.disk === own.disk && need.partition === own.partition;
        const disk = disks.find(({ index }) => index === need.disk);
        const position = disk?.layout.volumes.findIndex(({ partition }) => partition === need.partition) ?? -1;
        const volume = disk?.layout.volumes[position];
        if (other === undefined || !need.taken || isOwn || disk === undefined || volume === undefined) continue;
        report({
          messageId: 'other',
          subject: `disks/${need.disk}/volumes/${position}`,
          data: { other: versionInWords(other), volume: volumeInWords(volume), disk: disk.path, name },
        });
      }
    }
  },
});

function versionInWords({ name, version }: { readonly name: string; readonly version: string | undefined }): string {
  return version === undefined ? name : `${name} (${version})`;
}
