import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, volumeInWords } from './words.js';

/** UEFI specification, 5.3.3; in an MBR it is type EF. */
const systemPartition = ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'EF'];

export const bootPartitionLeftOut = definePolicy({
  meta: {
    id: 'source/boot-partition-left-out',
    description: 'What the machine starts from is backed up',
    severity: 'error',
    floor: 'warn',
    messages: {
      leftOut:
        '{volume} of {disk} is left out, and the machine may start from it: {why}. A restored disk may not start',
    },
    remedies: {
      leftOut: 'Do not leave it out: it is small.',
    },
    source: microsoft,
    docs: 'docs/policies/source-boot-partition-left-out.md',
  },
  check({ disks, systems }, report) {
    // What a known system needs is told with its name.
    const needed = new Set(systems.flatMap(({ needs }) => needs.map((need) => `${need.disk}:${need.partition}`)));
    for (const { index, path: disk, layout } of disks) {
      for (const [position, each] of layout.volumes.entries()) {
        const partition = layout.partitions.find((one) => one.index === each.partition);
        if (each.copied !== 'none' || partition === undefined || needed.has(`${index}:${partition.index}`)) continue;
        const isSystem = systemPartition.includes(partition.type.toUpperCase());
        if (!isSystem && !(layout.scheme === 'mbr' && partition.active)) continue;
        const why = isSystem ? 'it is an EFI system partition' : 'its partition is marked active';
        report({
          messageId: 'leftOut',
          subject: `disks/${index}/volumes/${position}`,
          data: { volume: volumeInWords(each), disk, why },
        });
      }
    }
  },
});
