import { describe, expect, test } from '@jest/globals';
import { parseMachineRecord, recordedDisks, type MachineDisks, type MachineRecord } from '../src/index.js';
import { device, laptop, server } from './recorded-machines.js';

const disksOf = (record: MachineRecord): MachineDisks => recordedDisks(JSON.stringify(record), 'machine.json');

describe('a laptop with LVM in LUKS', () => {
  const disks = disksOf(laptop);
  const drive = [{ id: 'sysfs:nvme0', name: '/dev/nvme0n1', dynamic: 'no' }];

  test('every path lies on its disk', async () => {
    for (const path of ['/', '/home/me', '/boot/efi/EFI', '/srv/bound/x', '/dev/vg-a/root', '/dev/mapper/vg--a-home']) {
      expect(await disks.disksBelow(path)).toMatchObject({ known: true, disks: drive });
    }
    for (const path of ['/dev/nvme0n1p3', '/dev/disk/by-uuid/7C1F-3B0A', '/dev/disk/by-label/root']) {
      expect(await disks.disksBelow(path)).toEqual({ known: true, disks: drive, fileSystems: [] });
    }
    expect(await disks.disksBelow('/media/me/My backups/sysimage')).toMatchObject({
      known: true,
      disks: [{ name: '/dev/sda' }],
      fileSystems: [{ type: 'fuseblk', mountPoint: '/media/me/My backups', keeper: 'machine' }],
    });
  });

  test('a bind mount is the file system that it shows', async () => {
    const [bound, home] = await Promise.all(['/srv/bound', '/home'].map((path) => disks.disksBelow(path)));
    expect(bound?.fileSystems?.[0]?.id).toBe(home?.fileSystems?.[0]?.id);
  });

  test('the file system of / is that by every name, and one in memory goes with it', async () => {
    const more = disksOf({
      ...laptop,
      blockDevices: [...laptop.blockDevices, device('zram0', '252:9', 2 ** 30)],
      mountinfo: [
        ...laptop.mountinfo,
        '80 30 254:1 /opt /srv/own rw - ext4 /dev/mapper/vg--a-root rw',
        '81 30 252:9 / /mnt/zram rw - ext4 /dev/zram0 rw',
      ],
    });
    expect(await more.disksBelow('/srv/own/x')).toMatchObject({ fileSystems: [{ type: 'ext4', mountPoint: '/' }] });
    expect(await more.disksBelow('/srv/bound')).toMatchObject({ fileSystems: [{ mountPoint: '/srv/bound' }] });
    expect(await more.disksBelow('/mnt/zram/x')).toMatchObject({
      known: true,
      disks: [],
      fileSystems: [{ mountPoint: '/mnt/zram', keeper: 'memory' }],
    });
  });

  test('memory is no disk; a server knows its own', async () => {
    expect(await disks.disksBelow('/tmp/x')).toMatchObject({
      known: true,
      disks: [],
      fileSystems: [{ keeper: 'memory' }],
    });
    expect(await disks.disksBelow('/mnt/nas/x')).toMatchObject({
      known: false,
      why: '/mnt/nas is cifs: on which disks //nas/backups lies its server knows',
      fileSystems: [{ keeper: 'server' }],
    });
    expect(await disks.disksBelow('/proc/self')).toMatchObject({ known: false });
  });

  test('what was not recorded is not known', async () => {
    expect(await disks.disksBelow('/dev/sdq')).toMatchObject({ known: false });
    expect(await disks.disksBelow('relative')).toMatchObject({ known: false });
    await expect(disks.openSource('/dev/sda')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(disks.openDestination('/dev/sda', 1)).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('its inventory', async () => {
    const [nvme, usb, ...none] = await disks.list();
    expect(none).toEqual([]);
    expect(nvme).toMatchObject({
      path: '/dev/nvme0n1',
      size: 512_110_190_592,
      sectorSize: 512,
      physicalSectorSize: 512,
      model: 'SAMSUNG MZVLB512HBJQ-000L7',
      serial: 'S4ENNX0N123456',
      wwn: 'eui.002538b101b4a1f2',
      transport: 'nvme',
      removable: false,
      rotational: false,
      readOnly: false,
      table: { scheme: 'gpt', id: '3f0c1d9e-93a5-4d0e-8b5c-5c2f5cf6a7f1' },
      physicalDisks: drive,
    });
    expect(nvme?.volumes).toMatchObject([
      {
        path: '/dev/nvme0n1p1',
        partition: 1,
        start: 2 ** 20,
        size: 512 * 2 ** 20,
        fileSystem: 'vfat',
        id: '7C1F-3B0A',
        typeName: 'EFI System',
        partitionName: 'EFI System Partition',
        mounts: [{ mountPoint: '/boot/efi', readOnly: false }],
        above: [],
      },
      { partition: 2, label: 'boot', mounts: [{ mountPoint: '/boot' }] },
      {
        partition: 3,
        fileSystem: 'crypto_LUKS',
        mounts: [],
        above: [
          {
            path: '/dev/mapper/nvme0n1p3_crypt',
            kind: 'crypt',
            fileSystem: 'LVM2_member',
            above: [
              { path: '/dev/mapper/vg--a-root', kind: 'lvm', label: 'root', mounts: [{ mountPoint: '/' }] },
              { kind: 'lvm', label: 'home', mounts: [{ mountPoint: '/home' }, { mountPoint: '/srv/bound' }] },
            ],
          },
        ],
      },
    ]);
    expect(usb).toMatchObject({ vendor: 'WD', serial: '575834314142', rotational: true, transport: 'usb' });
    // Which file system a FUSE program shows, lsblk knows.
    expect(usb?.volumes).toMatchObject([{ fileSystem: 'ntfs', label: 'My backups', mounts: [{ readOnly: false }] }]);
  });
});

test('what of two sources tells more is taken, and what only a program knows is not guessed', async () => {
  const cut = { ...laptop, blockDevices: laptop.blockDevices.map(withShortModel) };
  expect((await disksOf(cut).list()).map(({ model }) => model)).toEqual([
    'SAMSUNG MZVLB512HBJQ-000L7',
    'Elements 25A2',
  ]);
  const { lsblk: _, ...plain } = cut;
  const [nvme, usb] = await disksOf(plain).list();
  expect([nvme?.model, nvme?.table]).toEqual(['SAMSUN', undefined]);
  expect(usb?.volumes?.[0]).toMatchObject({ mounts: [{ mountPoint: '/media/me/My backups' }] });
  expect(usb?.volumes?.[0]?.fileSystem).toBeUndefined();
});

function withShortModel(device: MachineRecord['blockDevices'][number]): MachineRecord['blockDevices'][number] {
  const model = device.attributes['device/model'];
  if (model === undefined) return device;
  return { ...device, attributes: { ...device.attributes, 'device/model': model.slice(0, 6) } };
}

test('a loop device lies where its file lies, unless that was gone', async () => {
  const loop = (name: string, number: string, file: string): MachineRecord['blockDevices'][number] => ({
    name,
    attributes: { dev: number, size: '8', 'loop/backing_file': `${file}\n`, 'loop/offset': '0\n' },
    partitions: [],
    slaves: [],
    holders: [],
  });
  const loops = [loop('loop0', '7:0', '/home/me/disk.img'), loop('loop1', '7:1', '/home/me/gone.img (deleted)')];
  const disks = disksOf({ ...laptop, blockDevices: [...laptop.blockDevices, ...loops] });
  expect(await disks.disksBelow('/dev/loop0')).toMatchObject({
    known: true,
    disks: [{ name: '/dev/nvme0n1' }],
    fileSystems: [{ mountPoint: '/home' }],
  });
  expect(await disks.disksBelow('/dev/loop1')).toMatchObject({ known: false, why: expect.stringContaining('gone') });
});

describe('a server with RAID and btrfs', () => {
  const disks = disksOf(server);
  const names = async (path: string): Promise<readonly string[] | string> => {
    const found = await disks.disksBelow(path);
    return found.known ? found.disks.map(({ name }) => name) : found.why;
  };

  test('every path lies on its disks', async () => {
    expect(await names('/srv')).toEqual(['/dev/sda', '/dev/sdb']);
    expect(await names('/dev/md127')).toEqual(['/dev/sda', '/dev/sdb']);
    expect(await names('/data/x')).toEqual(['/dev/sdc', '/dev/sdd']);
    expect(await names('/var/lib/overlay/x')).toEqual(['/dev/sdc', '/dev/sdd', '/dev/sda', '/dev/sdb']);
    expect(await names('/strange')).toBe('/strange is an overlay of l/ABC, which cannot be found from here');
  });

  test('subvolumes are one file system', async () => {
    const [data, backup] = await Promise.all(['/data', '/backup'].map((path) => disks.disksBelow(path)));
    expect(data?.fileSystems?.map(({ id }) => id)).toEqual(backup?.fileSystems?.map(({ id }) => id));
  });

  test('without lsblk its inventory has what the kernel tells', async () => {
    const list = await disks.list();
    expect(list.map(({ path }) => path)).toEqual(['/dev/sda', '/dev/sdb', '/dev/sdc', '/dev/sdd']);
    for (const disk of list.slice(0, 2)) {
      const root = { path: '/dev/mapper/system-root', kind: 'lvm', fileSystem: 'xfs', mounts: [{ mountPoint: '/' }] };
      expect(disk.volumes).toMatchObject([
        { partition: 1, above: [{ path: '/dev/md127', kind: 'raid1', above: [root] }] },
      ]);
    }
    for (const disk of list.slice(2)) {
      expect(disk.volumes).toMatchObject([
        { partition: 0, start: 0, fileSystem: 'btrfs', mounts: [{ mountPoint: '/data' }, { mountPoint: '/backup' }] },
      ]);
    }
  });
});

test('a record of a record is the same machine', async () => {
  for (const machine of [laptop, server]) {
    const { recordedAt, hostName } = machine;
    const again = await disksOf(machine).record({
      recordedAt: new Date(recordedAt),
      ...(hostName === undefined ? {} : { hostName }),
    });
    expect(await disksOf(parseMachineRecord(JSON.stringify(again), 'again')).list()).toEqual(
      await disksOf(machine).list(),
    );
    expect(again.mountinfo).toEqual(machine.mountinfo);
  }
});
