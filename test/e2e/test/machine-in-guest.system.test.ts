import { afterAll, expect, test } from '@jest/globals';
import { truncate, writeFile } from 'node:fs/promises';
import { recordedDisks, type MachineRecord } from '@sysimage/block-device';
import { makeDisk, makeScratch } from '@sysimage/fixtures';
import { runInGuest } from '@sysimage/vm';
import { at, attemptHere, listAt } from '../src/index.js';

// What a kernel with LVM, LUKS and RAID shows of them, and what lsblk makes of that.

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const make = `
export DM_DISABLE_UDEV=1
printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - /dev/vda2
printf secret | cryptsetup open --key-file - /dev/vda2 locked
lvm pvcreate -q -y /dev/mapper/locked /dev/vda1
lvm vgcreate -q my-office /dev/mapper/locked
lvm vgcreate -q attic /dev/vda1
lvm lvcreate -q -y -W n -n data -L 32M my-office
lvm lvcreate -q -y -W n -n plain -L 8M attic
echo yes | mdadm --create /dev/md0 --quiet --run --level 1 --metadata 1.2 --raid-devices 2 /dev/vdb /dev/vdc > /dev/ttyS0 2>&1
mke2fs -q -t ext4 /dev/mapper/my--office-data
mke2fs -q -t ext4 /dev/md0
mke2fs -q -t ext4 /dev/mapper/attic-plain
mkdir -p /a/data /a/raid /a/bound /a/plain
mount /dev/mapper/attic-plain /a/plain
mount /dev/mapper/my--office-data /a/data
mount /dev/md0 /a/raid
mkdir /a/data/sub
mount --bind /a/data/sub /a/bound
`;
const attributes = 'dev size ro partition start removable dm/name dm/uuid md/level queue/logical_block_size';
const show = `
cd /sys/class/block
for device in *; do
  for file in ${attributes}; do
    if [ -f $device/$file ]; then echo "attribute $device $file $(cat $device/$file)"; fi
  done
  for list in slaves holders; do
    if [ -d $device/$list ]; then for other in $(ls $device/$list); do echo "$list $device $other"; done; fi
  done
  if [ -f $device/partition ]; then echo "partition $device $(basename $(dirname $(readlink -f $device)))"; fi
done
while read line; do echo "mount $line"; done < /proc/self/mountinfo
echo "lsblk $(lsblk --json --bytes --output-all | tr -d '\\n')"
`;

async function guestMachine(): Promise<MachineRecord> {
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 128 * mebi,
    partitions: [
      { type: 'blank', size: 20 * mebi, label: 'first' },
      { type: 'blank', size: 80 * mebi, label: 'locked' },
      { type: 'blank', label: 'rest' },
    ],
  });
  const twins = ['one', 'two'].map((name) => scratch.at(name));
  for (const path of twins) {
    await writeFile(path, '');
    await truncate(path, 32 * mebi);
  }
  const { exitCode, output, serial } = await runInGuest({
    script: make + show,
    modules: ['dm-mod', 'dm-crypt', 'xts', 'ecb', 'algif_skcipher', 'raid1'],
    tools: ['lvm', 'cryptsetup', 'mke2fs', 'mdadm', 'lsblk'],
    disks: [disk.path, ...twins].map((path) => ({ path, format: 'raw' })),
  });
  if (exitCode !== 0) throw new Error(`the guest ended with ${exitCode}:\n${output}${serial}`);
  return recordOf(output.split('\n'));
}

function recordOf(lines: readonly string[]): MachineRecord {
  const words = lines.map((line) => line.split(' '));
  const told = (kind: string, device: string): readonly string[] =>
    words.flatMap(([first, name, other]) => (first === kind && name === device && other !== undefined ? [other] : []));
  const names = new Set(words.flatMap(([kind, name = '']) => (kind === 'attribute' ? [name] : [])));
  return {
    format: 'sysimage-machine/1',
    system: 'linux',
    recordedAt: '2026-01-01T00:00:00.000Z',
    blockDevices: [...names].map((name) => {
      const [disk] = told('partition', name);
      const own = words.filter(([kind, device]) => kind === 'attribute' && device === name);
      return {
        name,
        ...(disk === undefined ? {} : { disk }),
        attributes: Object.fromEntries(own.map(([, , file = '', ...text]) => [file, `${text.join(' ')}\n`])),
        partitions: words.flatMap(([kind, part = '', of]) => (kind === 'partition' && of === name ? [part] : [])),
        slaves: [...told('slaves', name)],
        holders: [...told('holders', name)],
      };
    }),
    mountinfo: lines.filter((line) => line.startsWith('mount ')).map((line) => line.slice('mount '.length)),
    btrfs: [],
    dynamicDisks: {},
    lsblk: JSON.parse(lines.find((line) => line.startsWith('lsblk '))?.slice('lsblk '.length) ?? ''),
  };
}

/** What comes of the rule of the same physical disk for a backup on the machine of a record; what it says where it is broken. */
async function sameDisk(record: string, source: readonly string[], target: string): Promise<unknown> {
  const asked = ['--machine', record, '--disk', ...source, '--to', target, '--show-passed', '--json'];
  const { stdout } = await attemptHere('policy', 'check', ...asked);
  const rule = 'target/same-physical-disk';
  const finding = listAt(JSON.parse(stdout), 'findings').find((each) => at(each, 'policy') === rule);
  return at(finding, 'outcome') === 'violation' ? at(finding, 'message') : at(finding, 'outcome');
}

test('LVM in LUKS and RAID 1, as a real kernel and a real lsblk show them', async () => {
  const machine = await guestMachine();
  const disks = recordedDisks(JSON.stringify(machine), 'the guest');
  const list = (await disks.list()).filter(({ path }) => path.startsWith('/dev/vd'));
  const raid = { path: '/dev/md0', kind: 'raid1', fileSystem: 'ext4', mounts: [{ mountPoint: '/a/raid' }] };
  const data = {
    path: '/dev/mapper/my--office-data',
    kind: 'lvm',
    size: 32 * mebi,
    fileSystem: 'ext4',
    mounts: [{ mountPoint: '/a/data' }, { mountPoint: '/a/bound' }],
  };
  expect(list.slice(0, 3)).toMatchObject([
    {
      path: '/dev/vda',
      size: 128 * mebi,
      volumes: [
        { partition: 1, start: mebi, above: [{ path: '/dev/mapper/attic-plain', kind: 'lvm' }] },
        { partition: 2, above: [{ path: '/dev/mapper/locked', kind: 'crypt', above: [data] }] },
        { partition: 3, above: [] },
      ],
    },
    { path: '/dev/vdb', volumes: [{ partition: 0, above: [raid] }] },
    { path: '/dev/vdc', volumes: [{ partition: 0, above: [raid] }] },
  ]);
  const below = async (path: string): Promise<unknown> => {
    const found = await disks.disksBelow(path);
    return found.known ? found.disks.map(({ name }) => name) : found.why;
  };
  expect(await below('/a/bound/file')).toEqual(['/dev/vda']);
  expect(await below('/dev/my-office/data')).toEqual(['/dev/vda']);
  expect(await below('/a/raid')).toEqual(['/dev/vdb', '/dev/vdc']);
  const [bound, own] = await Promise.all(['/a/bound', '/a/data'].map((path) => disks.disksBelow(path)));
  expect(bound?.fileSystems?.[0]?.id).toBe(own?.fileSystems?.[0]?.id);

  // All disks are of one model, as in a machine that was bought with several.
  const blockDevices = machine.blockDevices.map((device) => {
    const isDisk = /^vd[a-z]$/u.test(device.name);
    return isDisk ? { ...device, attributes: { ...device.attributes, 'device/model': 'One model\n' } } : device;
  });
  const record = scratch.at('machine.json');
  await writeFile(record, JSON.stringify({ ...machine, blockDevices }));
  // A volume of the disk that nobody has mounted is taken; what the target lies in is not.
  const rest = ['/dev/vda', '--include', '3'];
  const through = { lvm: 'dir:/a/plain/backups', luks: 'ntfs:/dev/mapper/locked', both: 'dir:/a/bound/backups' };
  for (const target of Object.values(through))
    expect(await sameDisk(record, rest, target)).toMatch(/ lies on \/dev\/vda, the same physical disk as \/dev\/vda:/u);
  expect(await sameDisk(record, rest, 'dir:/a/raid')).toBe('pass');
  expect(await sameDisk(record, ['/dev/vdb'], through.lvm)).toBe('pass');
  expect(await sameDisk(record, ['/dev/vdb'], through.both)).toBe('pass');
});
