import { expect, test } from '@jest/globals';
import type { DiskLayout, DiskSummary } from '@sysimage/core';
import { describeDisk } from '../src/output/describe-disk.js';
import { diskBar } from '../src/output/disk-bar.js';
import type { Terminal } from '../src/output/terminal.js';

const nothing = (): void => undefined;
const terminal: Terminal = { out: nothing, err: nothing, interactive: false, color: false, canAsk: false };
const gibi = 2 ** 30;

test('a bar shows every part, however small, from its start to its end', () => {
  const part = { start: 0, size: 30, used: 15, fill: '█', name: '1' } as const;
  expect(diskBar([part], 60)).toBe(`[1${'█'.repeat(14)}${'░'.repeat(15)}${' '.repeat(30)}]`);
  expect(
    diskBar(
      [
        { ...part, used: 30, fill: '▒' },
        { start: 30, size: 1, used: 1, fill: '·', name: '12' },
      ],
      60,
    ),
  ).toBe(`[1${'▒'.repeat(29)}·${' '.repeat(29)}]`);
  expect(diskBar([{ start: 0, size: 1, used: 0, fill: '█' }], 6000)).toBe(`[█${' '.repeat(59)}]`);
  expect(diskBar([{ start: 7000, size: 10, used: 0, fill: '█', name: '1' }], 6000)).toBe(`[${' '.repeat(60)}]`);
});

const disk: DiskSummary = {
  path: '/dev/nvme0n1',
  size: 100 * gibi,
  sectorSize: 512,
  physicalSectorSize: 4096,
  model: 'Fast \u001b[31mdisk',
  serial: 'S1',
  wwn: 'eui.1',
  transport: 'nvme',
  removable: false,
  rotational: false,
  table: { scheme: 'gpt', id: 'AA' },
  volumes: [
    {
      path: '/dev/nvme0n1p1',
      partition: 1,
      start: gibi,
      size: gibi,
      fileSystem: 'vfat',
      partitionName: 'EFI',
      mounts: [{ mountPoint: '/boot/efi', readOnly: true }],
      above: [],
    },
    {
      path: '/dev/nvme0n1p2',
      partition: 2,
      start: 10 * gibi,
      size: 50 * gibi,
      fileSystem: 'crypto_LUKS',
      mounts: [],
      above: [
        {
          path: '/dev/mapper/c',
          kind: 'crypt',
          size: 50 * gibi,
          fileSystem: 'LVM2_member',
          mounts: [],
          above: [
            {
              path: '/dev/mapper/v-root',
              kind: 'lvm',
              size: 40 * gibi,
              fileSystem: 'ext4',
              label: 'root',
              mounts: [
                { mountPoint: '/', readOnly: false },
                { mountPoint: '/srv', readOnly: false },
              ],
              above: [],
            },
          ],
        },
      ],
    },
    { path: '/dev/nvme0n1p3', partition: 3, start: 60 * gibi, size: 40 * gibi, mounts: [], above: [] },
  ],
};

test('a disk of the inventory, with everything that lies on it', () => {
  expect(describeDisk(disk, undefined, terminal).split('\n')).toEqual([
    '/dev/nvme0n1  100 GiB  Fast ?[31mdisk',
    '  nvme, solid state, sectors of 512 on 4096 bytes, serial S1, WWN eui.1',
    '  GPT AA',
    `  [▒     2${'▒'.repeat(29)}3${'·'.repeat(23)}]`,
    '  #        size      file system  label          mounted at',
    '  1        1.00 GiB  vfat         EFI            /boot/efi (read-only)',
    '  2        50.0 GiB  crypto_LUKS',
    '  └ crypt  50.0 GiB  LVM2_member  /dev/mapper/c',
    '    └ lvm  40.0 GiB  ext4         root           /, /srv',
    '  3        40.0 GiB  unknown',
  ]);
});

test('roles of volumes stand in the bar where there is room, and in a column of their own', () => {
  const roles = [
    { partition: 1, roles: [{ role: 'system', family: 'linux' }, { role: 'efi-system' }], critical: true },
    { partition: 2, roles: [{ role: 'boot', family: 'linux' }], critical: true, unknown: 'why' },
    { partition: 3, roles: [], unknown: 'why' },
  ] as const;
  const [, , , bar, ...table] = describeDisk(
    { ...disk, volumes: disk.volumes?.map((volume) => ({ ...volume, above: [] })) ?? [] },
    undefined,
    terminal,
    roles,
  ).split('\n');
  expect(bar).toBe(`  [▒     2 root ${'▒'.repeat(23)}3${'·'.repeat(23)}]`);
  expect(table).toEqual([
    '  #  size      file system  label  mounted at             role',
    '  1  1.00 GiB  vfat         EFI    /boot/efi (read-only)  ESP, critical',
    '  2  50.0 GiB  crypto_LUKS                                root, critical',
    '  3  40.0 GiB  unknown                                    unknown',
  ]);
});

test('a disk that was looked at, whose table the system does not know', () => {
  const volume = { start: 0, size: gibi, consistency: 'clean', copied: 'used', usedBytes: gibi / 2 } as const;
  const layout: DiskLayout = {
    size: 2 * gibi,
    sectorSize: 512,
    scheme: 'mbr',
    id: '1234',
    partitions: [],
    volumes: [
      { ...volume, partition: 1, fileSystem: 'ntfs', label: 'Windows' },
      { ...volume, partition: 5, start: gibi, consistency: 'crash', consistencyReason: 'why', copied: 'whole' },
    ],
    problems: ['it is odd'],
  };
  const whole = { path: '/image', partition: 0, start: 0, size: 2 * gibi, mounts: [], above: [] };
  expect(describeDisk({ path: '/image', size: 2 * gibi, volumes: [whole] }, layout, terminal).split('\n')).toEqual([
    '/image  2.00 GiB',
    '  MBR 1234',
    `  [1${'█'.repeat(14)}${'░'.repeat(15)}5${'▒'.repeat(29)}]`,
    '  #  size      file system  label    mounted at  in the image  state',
    '  1  1.00 GiB  ntfs         Windows              512 MiB used  clean',
    '  5  1.00 GiB  unknown                           copied whole  crash: why',
    '  warning: it is odd',
  ]);
});

test('a dynamic disk, with what of its group lies on it', () => {
  const volume = { kind: 'simple', size: gibi, disks: ['a'] } as const;
  const layout: DiskLayout = {
    size: 2 * gibi,
    sectorSize: 512,
    scheme: 'mbr',
    partitions: [],
    volumes: [],
    dynamic: {
      diskId: 'a',
      groupId: 'g',
      groupName: 'G\u001b',
      disks: ['a', 'b'].map((id) => ({ id, name: `Disk ${id}` })),
      volumes: [
        { ...volume, disks: ['a'], name: 'One', hint: 'C:' },
        { ...volume, disks: ['b', 'a'], name: 'Two', kind: 'mirrored' },
        { ...volume, disks: ['b'], name: 'Elsewhere' },
      ],
      problems: ['it is odd'],
    },
    problems: [],
  };
  const lines = (dynamic: DiskLayout['dynamic']): readonly string[] =>
    describeDisk({ path: '/image', size: 2 * gibi }, { ...layout, dynamic }, terminal)
      .split('\n')
      .slice(3);
  expect(lines(layout.dynamic)).toEqual([
    '  dynamic disk Disk a of the group G? (2 disks)',
    '  └ One  1.00 GiB  simple                C:',
    '  └ Two  1.00 GiB  mirrored, on 2 disks',
    '  warning: it is odd',
  ]);
  const many = Array.from({ length: 40 }, (_, i) => ({ ...volume, disks: ['a'], name: `V${i}` }));
  expect(lines({ diskId: 'a', disks: [], volumes: many, problems: [] }).at(0)).toBe(
    '  dynamic disk of a group that cannot be read',
  );
  expect(lines({ diskId: 'a', disks: [], volumes: many, problems: [] }).at(-1)).toBe('  and 8 more');
});
