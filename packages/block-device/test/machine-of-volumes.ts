import type { MachineRecord } from '../src/index.js';
import { device, header, mebibyte, partition, plainDisk } from './recorded-machines.js';

/** What a machine shows otherwise: attributes by name of the device, and what `dmsetup table` says. */
export interface Change {
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tables?: string;
}

export const diskOfVolumes = 'sda';

const logical = (letter: string): string => `LVM-${letter.repeat(64)}`;
const luks = (version: 1 | 2, name: string): string => `CRYPT-LUKS${version}-${'0'.repeat(32)}-${name}`;

/** Name of the device, its name and maker as device-mapper has them, MiB, and what it lies on. */
const mapped: readonly (readonly [string, string, string, number, readonly string[]])[] = [
  ['dm-0', 'office-plain', logical('a'), 2, ['sda1']],
  ['dm-1', 'office-copied', logical('b'), 2, ['dm-2']],
  ['dm-2', 'office-copied-real', `${logical('b')}-real`, 2, ['sda1']],
  ['dm-3', 'office-pool_tdata', `${logical('c')}-tdata`, 2, ['sda1']],
  ['dm-4', 'office-spread', logical('d'), 2, ['sda1', 'sdb']],
  ['dm-5', 'office-then', logical('e'), 2, ['dm-2']],
  ['dm-6', 'office-vault', logical('f'), 4, ['sda1']],
  ['dm-7', 'vault', luks(1, 'vault'), 3, ['dm-6']],
  ['dm-8', 'locked', luks(2, 'locked'), 64, ['sda2']],
  ['dm-9', 'safe-root', logical('g'), 8, ['dm-8']],
  ['dm-10', 'old', luks(1, 'old'), 8, ['sda3']],
  ['dm-11', 'twin', luks(2, 'twin'), 8, ['md1']],
];

export const tablesOfVolumes = `office-plain: 0 2048 linear 8:1 4096
office-plain: 2048 2048 linear 8:1 409600
office-copied: 0 4096 snapshot-origin 253:2
office-copied-real: 0 4096 linear 8:1 8192
office-then: 0 4096 snapshot 253:2 253:3 P 8
office-pool_tdata: 0 4096 linear 8:1 12288
office-spread: 0 2048 linear 8:1 20480
office-spread: 2048 2048 linear 8:16 0
office-vault: 0 8192 linear 8:1 40960
vault: 0 6144 crypt aes-xts-plain64 ${'0'.repeat(64)} 0 253:6 2048
locked: 0 131072 crypt aes-xts-plain64 :64:logon:cryptsetup:some-d0 0 8:2 32768 2 allow_discards sector_size:4096
safe-root: 0 8192 linear 253:8 2048
safe-root: 8192 8192 linear 253:8 24576
old: 0 16384 crypt aes-cbc-essiv:sha256 ${'0'.repeat(64)} 0 8:3 4096
twin: 0 16384 crypt aes-xts-plain64 :64:logon:cryptsetup:other-d0 0 9:1 32768 1 sector_size:4096
`;

/** A partition of LVM, three of LUKS, and halves of two mirrors, on one disk: volumes on each other in every way. */
export function machineOfVolumes({ attributes = {} }: Change = {}): MachineRecord {
  const below: readonly (readonly [string, readonly string[]])[] = [
    ...mapped.map(([name, , , , slaves]) => [name, slaves] as const),
    ['md0', ['sda4', 'sdb1']],
    ['md1', ['sda5', 'sdb2']],
  ];
  const holders = (name: string): string[] =>
    below.flatMap(([holder, slaves]) => (slaves.includes(name) ? [holder] : []));
  const sizes = [300, 100, 40, 50, 80];
  const starts = sizes.map((_, i) => 1 + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const parts = (disk: string, number: string, indices: readonly number[]): MachineRecord['blockDevices'] =>
    indices.map((index, i) => {
      const [start = 0, size = 0] = [starts[index], sizes[index]];
      const more = { holders: holders(`${disk}${i + 1}`) };
      return partition(disk, i + 1, `${number}${i + 1}`, start * mebibyte, size * mebibyte, more);
    });
  const devices: MachineRecord['blockDevices'] = [
    device('sda', '8:0', 1000 * mebibyte, { attributes: plainDisk, partitions: sizes.map((_, i) => `sda${i + 1}`) }),
    ...parts('sda', '8:', [0, 1, 2, 3, 4]),
    device('sdb', '8:16', 1000 * mebibyte, {
      attributes: plainDisk,
      partitions: ['sdb1', 'sdb2'],
      holders: holders('sdb'),
    }),
    ...parts('sdb', '8:2', [3, 4]),
    mirror('md0', '9:0', 48, ['sda4', 'sdb1'], holders('md0')),
    mirror('md1', '9:1', 64, ['sda5', 'sdb2'], holders('md1')),
    ...mapped.map(([name, shown, maker, size, slaves], i) =>
      device(name, `253:${i}`, size * mebibyte, {
        attributes: { 'dm/name': `${shown}\n`, 'dm/uuid': `${maker}\n` },
        slaves: [...slaves],
        holders: holders(name),
      }),
    ),
  ];
  return {
    ...header,
    blockDevices: devices.map((each) => ({ ...each, attributes: { ...each.attributes, ...attributes[each.name] } })),
    mountinfo: [],
    btrfs: [],
    dynamicDisks: {},
  };
}

function mirror(
  name: string,
  number: string,
  size: number,
  slaves: string[],
  holders: string[],
): MachineRecord['blockDevices'][number] {
  const ofMembers = slaves.flatMap((member) => [
    [`md/dev-${member}/state`, 'in_sync\n'],
    [`md/dev-${member}/offset`, '2048\n'],
    [`md/dev-${member}/bad_blocks`, ''],
  ]);
  return device(name, number, size * mebibyte, {
    attributes: {
      'md/level': 'raid1\n',
      'md/metadata_version': '1.2\n',
      'md/array_state': 'active\n',
      'md/sync_action': 'idle\n',
      'md/consistency_policy': 'resync\n',
      'md/degraded': '0\n',
      'md/resync_start': 'none\n',
      'md/reshape_position': 'none\n',
      ...Object.fromEntries(ofMembers),
    },
    slaves,
    holders,
  });
}
