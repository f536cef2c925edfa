import type { MachineRecord } from '../src/index.js';

type Device = MachineRecord['blockDevices'][number];
type Json = Readonly<Record<string, unknown>>;

export const mebibyte = 2 ** 20;

export function device(name: string, number: string, bytes: number, more: Partial<Device> = {}): Device {
  const { attributes, ...rest } = more;
  return {
    name,
    partitions: [],
    slaves: [],
    holders: [],
    ...rest,
    attributes: { dev: `${number}\n`, size: `${bytes / 512}\n`, ro: '0\n', ...attributes },
  };
}

export function partition(
  disk: string,
  index: number,
  number: string,
  start: number,
  bytes: number,
  more: Partial<Device> = {},
): Device {
  const name = /\d$/u.test(disk) ? `${disk}p${index}` : `${disk}${index}`;
  const attributes = { partition: `${index}\n`, start: `${start / 512}\n` };
  return device(name, number, bytes, { disk, ...more, attributes });
}

export const header = {
  format: 'sysimage-machine/1',
  system: 'linux',
  recordedAt: '2026-03-01T12:00:00.000Z',
} as const;

export const plainDisk = {
  removable: '0\n',
  'queue/logical_block_size': '512\n',
  'queue/physical_block_size': '4096\n',
};

/** A laptop: EFI, /boot, and LVM in LUKS on one NVMe drive; a USB disk with the backup. */
export const laptop: MachineRecord = {
  ...header,
  hostName: 'laptop',
  blockDevices: [
    device('nvme0n1', '259:0', 512_110_190_592, {
      attributes: {
        ...plainDisk,
        'queue/physical_block_size': '512\n',
        'queue/rotational': '0\n',
        'device/model': 'SAMSUNG MZVLB512HBJQ-000L7\n',
        'device/serial': 'S4ENNX0N123456 \n',
        wwid: 'eui.002538b101b4a1f2\n',
      },
      partitions: ['nvme0n1p1', 'nvme0n1p2', 'nvme0n1p3'],
    }),
    partition('nvme0n1', 1, '259:1', mebibyte, 512 * mebibyte),
    partition('nvme0n1', 2, '259:2', 513 * mebibyte, 1024 * mebibyte),
    partition('nvme0n1', 3, '259:3', 1537 * mebibyte, 510_497_357_824, { holders: ['dm-0'] }),
    device('dm-0', '254:0', 510_480_580_608, {
      attributes: { 'dm/name': 'nvme0n1p3_crypt\n', 'dm/uuid': 'CRYPT-LUKS2-1f2e-nvme0n1p3_crypt\n' },
      slaves: ['nvme0n1p3'],
      holders: ['dm-1', 'dm-2'],
    }),
    device('dm-1', '254:1', 100 * 1024 * mebibyte, {
      attributes: { 'dm/name': 'vg--a-root\n', 'dm/uuid': 'LVM-aBcD\n' },
      slaves: ['dm-0'],
    }),
    device('dm-2', '254:2', 300 * 1024 * mebibyte, {
      attributes: { 'dm/name': 'vg--a-home\n', 'dm/uuid': 'LVM-eFgH\n' },
      slaves: ['dm-0'],
    }),
    device('sda', '8:0', 2_000_398_934_016, {
      attributes: {
        ...plainDisk,
        'queue/rotational': '1\n',
        'device/vendor': 'WD      \n',
        'device/model': 'Elements 25A2   \n',
      },
      partitions: ['sda1'],
    }),
    partition('sda', 1, '8:1', mebibyte, 2_000_396_836_864),
  ],
  mountinfo: [
    '25 30 0:23 / /proc rw,nosuid shared:5 - proc proc rw',
    '30 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg--a-root rw,errors=remount-ro',
    '60 30 259:2 / /boot rw,relatime shared:29 - ext4 /dev/nvme0n1p2 rw',
    '61 60 259:1 / /boot/efi rw,relatime shared:31 - vfat /dev/nvme0n1p1 rw,fmask=0077',
    '62 30 254:2 / /home rw,relatime shared:33 - ext4 /dev/mapper/vg--a-home rw',
    '63 30 8:1 / /media/me/My\\040backups rw,relatime shared:35 - fuseblk /dev/sda1 rw,user_id=0',
    '64 30 0:50 / /mnt/nas rw,relatime shared:36 - cifs //nas/backups rw,vers=3.1.1',
    '65 30 0:51 / /tmp rw shared:37 - tmpfs tmpfs rw',
    '66 30 254:2 /me/bound /srv/bound rw,relatime shared:33 - ext4 /dev/mapper/vg--a-home rw',
  ],
  btrfs: [],
  dynamicDisks: { nvme0n1: 'no', sda: 'no' },
  lsblk: lsblkOf([
    {
      ...disk('nvme0n1', '259:0', 'nvme', { model: 'SAMSUNG MZVLB512HBJQ-000L7', serial: 'S4ENNX0N123456' }),
      pttype: 'gpt',
      ptuuid: '3f0c1d9e-93a5-4d0e-8b5c-5c2f5cf6a7f1',
      children: [
        {
          ...part('nvme0n1p1', '259:1', 'vfat', null, '7C1F-3B0A'),
          parttype: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
          parttypename: 'EFI System',
          partlabel: 'EFI System Partition',
          partuuid: 'f7a4b0e6-0e6c-4b57-9dd4-0d43f3a7a3c2',
        },
        part('nvme0n1p2', '259:2', 'ext4', 'boot', '2b8c6ad3-8d2b-4c34-96fb-3c4e1e2dcb65'),
        {
          ...part('nvme0n1p3', '259:3', 'crypto_LUKS', null, '7e12c5a0-5f0a-4c5e-9d46-6f1c3f5d2f11'),
          children: [
            {
              ...part('nvme0n1p3_crypt', '254:0', 'LVM2_member', null, 'tP1x3S-xxxx'),
              type: 'crypt',
              path: '/dev/mapper/nvme0n1p3_crypt',
              children: [
                { ...part('vg--a-root', '254:1', 'ext4', 'root', 'aa11'), type: 'lvm', path: '/dev/mapper/vg--a-root' },
                { ...part('vg--a-home', '254:2', 'ext4', 'home', 'bb22'), type: 'lvm', path: '/dev/mapper/vg--a-home' },
              ],
            },
          ],
        },
      ],
    },
    {
      ...disk('sda', '8:0', 'usb', { model: 'Elements 25A2', serial: '575834314142', vendor: 'WD      ' }),
      pttype: 'dos',
      ptuuid: '1a2b3c4d',
      children: [part('sda1', '8:1', 'ntfs', 'My backups', '5E2C8A0D2C89E0A5')],
    },
  ]),
};

/** A server: two disks of one model as RAID 1 with LVM on it, and a btrfs over two others. */
export const server: MachineRecord = {
  ...header,
  blockDevices: [
    ...['sda', 'sdb'].flatMap((name, i) => [
      device(name, `8:${16 * i}`, 4_000_787_030_016, {
        attributes: { ...plainDisk, 'queue/rotational': '1\n', 'device/model': 'ST4000NM000A-2HZ\n' },
        partitions: [`${name}1`],
      }),
      partition(name, 1, `8:${16 * i + 1}`, mebibyte, 4_000_784_056_320, { holders: ['md127'] }),
    ]),
    device('md127', '9:127', 4_000_649_510_912, {
      attributes: { 'md/level': 'raid1\n' },
      slaves: ['sda1', 'sdb1'],
      holders: ['dm-0'],
    }),
    device('dm-0', '253:0', 200 * 1024 * mebibyte, {
      attributes: { 'dm/name': 'system-root\n', 'dm/uuid': 'LVM-xyz\n' },
      slaves: ['md127'],
    }),
    ...['sdc', 'sdd'].map((name, i) =>
      device(name, `8:${32 + 16 * i}`, 8_001_563_222_016, {
        attributes: { ...plainDisk, 'device/model': 'ST8000VN004-2M2101\n' },
      }),
    ),
  ],
  mountinfo: [
    '22 1 253:0 / / rw,noatime shared:1 - xfs /dev/mapper/system-root rw,attr2',
    '40 22 0:36 /@data /data rw,noatime shared:20 - btrfs /dev/sdc rw,space_cache=v2,subvolid=256',
    '41 22 0:36 /@backup /backup rw,noatime shared:21 - btrfs /dev/sdc rw,space_cache=v2,subvolid=257',
    '42 22 0:60 / /var/lib/overlay rw - overlay overlay rw,lowerdir=/data/a:/srv,upperdir=/data/b,workdir=/data/w',
    '43 22 0:61 / /strange rw - overlay overlay rw,lowerdir=l/ABC:l/DEF,upperdir=/data/b,workdir=/data/w',
  ],
  btrfs: [{ id: 'c9a1', devices: ['sdc', 'sdd'] }],
  dynamicDisks: {},
};

function lsblkOf(blockdevices: readonly Json[]): Json {
  return { blockdevices };
}

function disk(name: string, number: string, tran: string, more: Json): Json {
  return { ...part(name, number, null, null, null), type: 'disk', tran, ...more };
}

function part(name: string, number: string, fstype: string | null, label: string | null, uuid: string | null): Json {
  return { name, kname: name, path: `/dev/${name}`, 'maj:min': number, type: 'part', fstype, label, uuid, wwn: null };
}
