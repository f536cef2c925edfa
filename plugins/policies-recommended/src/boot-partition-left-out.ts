import { definePolicy } from '@sysimage/core/plugin';
import { microsoft, volumeInWords } from './words.js';

/** UEFI specification, 5.3.3; in an MBR it is type EF. */
const systemPartition = ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'EF'];
/** BIOS boot, PReP boot in a GPT and in an MBR, and /boot of its own type in both (Discoverable Partitions, Boot Loader Specification). */
const loaderPartition = [
  '21686148-6449-6E6F-744E-656564454649',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B',
  '41',
  'BC13C2FF-59E6-4262-A352-B275FD6F7172',
  'EA',
];

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
    needs: ['tables', 'contents', 'systems'],
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
        const isLoader = loaderPartition.includes(partition.type.toUpperCase());
        if (!isSystem && !isLoader && !(layout.scheme === 'mbr' && partition.active)) continue;
        const why = isSystem
          ? 'it is an EFI system partition'
          : isLoader
            ? 'it holds a boot loader'
            : 'its partition is marked active';
        report({
          messageId: 'leftOut',
          subject: `disks/${index}/volumes/${position}`,
          data: { volume: volumeInWords(each), disk, why },
        });
      }
    }
  },
});
