import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases, volumeFacts } from '@sysimage/policy-kit';
import { bootPartitionLeftOut } from '../src/boot-partition-left-out.js';
import { duplicateVolumeId } from '../src/duplicate-volume-id.js';
import { encryptedVolume } from '../src/encrypted-volume.js';
import { leftOutVolume } from '../src/left-out-volume.js';
import { noDiskId } from '../src/no-disk-id.js';
import { unknownContent } from '../src/unknown-content.js';

type Disk = ReturnType<typeof diskFacts>;
type Volume = ReturnType<typeof volumeFacts>;

const left: Volume = volumeFacts({ partition: 2, label: 'Photos', copied: 'none', usedBytes: 0 });
const bare = volumeFacts({ fileSystem: undefined, label: undefined, copied: 'whole' });
const withVolumes = (...volumes: readonly Volume[]): Disk => diskFacts({}, { volumes: [...volumes] });
const plan = (...disks: readonly Disk[]): ReturnType<typeof planFacts> => planFacts({ disks });

describe('source/left-out-volume', () => {
  const cases = policyCases(leftOutVolume, {
    valid: [
      { name: 'all is taken', facts: plan(withVolumes(volumeFacts(), bare)) },
      {
        name: 'one for no file system',
        facts: plan(
          diskFacts(
            {},
            {
              partitions: [
                {
                  index: 1,
                  start: 0,
                  size: 1,
                  type: 'e3c9e316-0b5c-4db8-817d-f92df00215ae',
                  active: false,
                  kind: 'primary',
                },
              ],
              volumes: [{ ...bare, copied: 'none' }],
            },
          ),
        ),
      },
    ],
    invalid: [
      {
        name: 'nothing known is on it',
        facts: plan(withVolumes(volumeFacts(), { ...bare, copied: 'none' })),
        findings: [
          {
            messageId: 'unknown',
            subject: 'disks/0/volumes/1',
            unknown: true,
            message: /^partition 1 of \/dev\/sda is left out, and what is on it is not known/u,
          },
        ],
      },
      {
        name: 'a volume with data',
        facts: plan(withVolumes(volumeFacts(), left)),
        findings: [
          {
            messageId: 'leftOut',
            subject: 'disks/0/volumes/1',
            message: 'partition 2 (ntfs, Photos) of /dev/sda is left out: nothing of what it holds can be restored',
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/boot-partition-left-out', () => {
  const partition = { index: 2, start: 0, size: 2 ** 30, type: '07', active: false, kind: 'primary' } as const;
  const disk = (scheme: 'gpt' | 'mbr', changes: Partial<typeof partition | { type: string; active: boolean }>): Disk =>
    diskFacts({}, { scheme, partitions: [{ ...partition, ...changes }], volumes: [volumeFacts(), left] });
  const system = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' };
  const cases = policyCases(bootPartitionLeftOut, {
    valid: [
      { name: 'another volume', facts: plan(disk('mbr', {})) },
      { name: 'what only looks active', facts: plan(disk('gpt', { active: true })) },
      {
        name: 'an EFI system partition that is taken',
        facts: plan({
          ...disk('gpt', system),
          layout: { ...disk('gpt', system).layout, volumes: [volumeFacts({ partition: 2 })] },
        }),
      },
      {
        name: 'what a known system needs, and is told with its name',
        facts: planFacts({
          disks: [disk('gpt', system)],
          systems: [
            {
              family: 'linux',
              name: 'x',
              version: undefined,
              build: undefined,
              startKnown: true,
              needs: [{ disk: 0, partition: 2, role: 'system', taken: false }],
            },
          ],
        }),
      },
      { name: 'a disk that is one volume', facts: plan(withVolumes({ ...left, partition: 0 })) },
    ],
    invalid: [
      {
        name: 'an EFI system partition',
        facts: plan(disk('gpt', system)),
        findings: [{ messageId: 'leftOut', subject: 'disks/0/volumes/1', message: /it is an EFI system partition/u }],
      },
      {
        name: 'the same on an MBR disk',
        facts: plan(disk('mbr', { type: 'ef' })),
        findings: [{ messageId: 'leftOut' }],
      },
      {
        name: 'where GRUB lies on a GPT disk without UEFI',
        facts: plan(disk('gpt', { type: '21686148-6449-6e6f-744e-656564454649' })),
        findings: [{ messageId: 'leftOut', message: /it holds a boot loader/u }],
      },
      {
        name: 'the active partition',
        facts: plan(disk('mbr', { active: true })),
        findings: [{ messageId: 'leftOut', message: /its partition is marked active/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/encrypted-volume', () => {
  const locked = volumeFacts({ fileSystem: 'bitlocker', label: undefined, copied: 'whole' });
  const cases = policyCases(encryptedVolume, {
    valid: [
      { name: 'file systems', facts: plan(withVolumes(volumeFacts(), bare)) },
      { name: 'a locked volume that is left out', facts: plan(withVolumes({ ...locked, copied: 'none' })) },
    ],
    invalid: [
      {
        name: 'BitLocker and LUKS',
        facts: plan(withVolumes(locked, volumeFacts(), { ...locked, partition: 3, fileSystem: 'luks' })),
        findings: [
          { messageId: 'encrypted', subject: 'disks/0/volumes/0', message: /is encrypted \(bitlocker\)/u },
          { messageId: 'encrypted', subject: 'disks/0/volumes/2', message: /is encrypted \(luks\): all of it/u },
        ],
      },
      {
        name: 'LUKS that is unlocked',
        facts: plan(withVolumes({ ...locked, fileSystem: 'luks', copied: 'used' })),
        findings: [{ messageId: 'unlocked', message: /is encrypted \(luks\): its blocks in use are copied/u }],
      },
      {
        name: 'LUKS in LVM, opened and not',
        facts: plan(
          withVolumes(
            volumeFacts({
              fileSystem: 'lvm',
              label: undefined,
              inside: [
                { path: '/dev/vg/plain', size: 1, fileSystem: 'ext4', copied: 'used', usedBytes: 1 },
                { path: '/dev/vg/locked', size: 1, fileSystem: 'luks', copied: 'whole', usedBytes: 1 },
                {
                  path: '/dev/mapper/open',
                  size: 1,
                  fileSystem: 'ext4',
                  encrypted: true,
                  copied: 'used',
                  usedBytes: 1,
                },
              ],
            }),
          ),
        ),
        findings: [
          { messageId: 'inside', message: /^\/dev\/vg\/locked in partition 1 \(lvm\) of \/dev\/sda is encrypted/u },
          { messageId: 'inside', message: /^\/dev\/mapper\/open in /u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/unknown-content', () => {
  const cases = policyCases(unknownContent, {
    valid: [
      { name: 'a file system', facts: planFacts() },
      { name: 'what is left out', facts: plan(withVolumes({ ...bare, copied: 'none' })) },
      ...['e3c9e316-0b5c-4db8-817d-f92df00215ae', '21686148-6449-6E6F-744E-656564454649', '41'].map((type) => ({
        name: `a partition that never has any: ${type}`,
        facts: plan(
          diskFacts(
            {},
            { volumes: [bare], partitions: [{ index: 1, start: 0, size: 1, type, active: false, kind: 'primary' }] },
          ),
        ),
      })),
    ],
    invalid: [
      {
        name: 'nothing that anybody knows',
        facts: plan(withVolumes(bare)),
        findings: [
          {
            messageId: 'unknown',
            subject: 'disks/0/volumes/0',
            message: 'What is on partition 1 of /dev/sda is not known: all of its 1.0 GiB are copied',
            unknown: false,
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/duplicate-volume-id', () => {
  const one = volumeFacts({ id: 'f00d' });
  const cases = policyCases(duplicateVolumeId, {
    valid: [
      { name: 'no identifiers', facts: plan(withVolumes(volumeFacts(), volumeFacts())) },
      { name: 'two of them', facts: plan(withVolumes(one, volumeFacts({ id: 'beef' }))) },
      {
        name: 'one number of two kinds',
        facts: plan(withVolumes(one, volumeFacts({ id: 'f00d', fileSystem: 'fat32' }))),
      },
      {
        name: 'the members of one Btrfs',
        facts: plan(withVolumes({ ...one, fileSystem: 'btrfs' }), withVolumes({ ...one, fileSystem: 'btrfs' })),
      },
    ],
    invalid: [
      {
        name: 'the clone of a disk with LVM',
        facts: plan(withVolumes({ ...one, fileSystem: 'lvm' }, { ...one, partition: 2, fileSystem: 'lvm' })),
        findings: [{ messageId: 'twice' }],
      },
      {
        name: 'a clone on another disk',
        facts: plan(withVolumes(one), { ...withVolumes(one), index: 1, path: '/dev/sdb' }),
        findings: [
          {
            messageId: 'twice',
            subject: 'disks/1/volumes/0',
            message: /of \/dev\/sdb has the same identifier as partition 1 \(ntfs, Windows\) of \/dev\/sda/u,
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/no-disk-id', () => {
  const cases = policyCases(noDiskId, {
    valid: [
      { name: 'a disk with one', facts: plan(diskFacts({}, { id: 'aa' })) },
      { name: 'a disk with a serial number', facts: plan(diskFacts({}, { scheme: 'mbr', serial: 'S1' })) },
      {
        name: 'a volume without a table',
        facts: plan(diskFacts({}, { scheme: 'none', volumes: [volumeFacts({ partition: 0, id: 'aa' })] })),
      },
      { name: 'an unknown disk with a serial number', facts: plan(diskFacts({}, { scheme: 'none', serial: 'S1' })) },
    ],
    invalid: [
      {
        name: 'a table without one',
        facts: plan(diskFacts({}, { id: 'aa' }), diskFacts({ index: 1, path: '/dev/sdb' }, { scheme: 'mbr' })),
        findings: [{ messageId: 'none', subject: 'disks/1', message: /^\/dev\/sdb has neither/u }],
      },
      {
        name: 'neither a table nor anything else',
        facts: plan(diskFacts({}, { scheme: 'none', volumes: [{ ...bare, partition: 0 }] })),
        findings: [
          { messageId: 'bare', subject: 'disks/0', message: /^\/dev\/sda has no partition table, no serial/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
