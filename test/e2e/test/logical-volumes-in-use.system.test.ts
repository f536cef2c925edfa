import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { createMachine } from '@sysimage/node-services';
import { makeDisk, makeScratch, run } from '@sysimage/fixtures';
import { runInGuest } from '@sysimage/vm';
import { at, eventsIn, installProduct, listAt } from '../src/index.js';

// Logical volumes, encrypted ones and a mirror that somebody writes to while they are backed up: by a kernel that has them.

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());
let nativeModules: readonly string[];

/** In one process: under an emulator Node takes long to start. */
const job = `import { runBundle } from './node_modules/@sysimage/cli/bin/load-bundle.js';
import { execSync } from 'node:child_process';
const { main } = runBundle();
const target = 'dir:/backups/target';
const say = (words) => console.log(execSync(words, { encoding: 'utf8' }).trim());
const step = async (...words) => {
  const exitCode = await main([...words, '--quiet']);
  if (exitCode !== 0) process.exit(exitCode);
};
const disks = ['--disk', '/dev/vdc', '--disk', '/dev/mapper/attic-thin', '--include', '0:1', '--include', '1:0'];
await step('backup', ...disks, '--to', target, '--computer', 'taken', '--json');
await step('backup', '--disk', '/dev/vdc', '--to', target, '--computer', 'frozen', '--json', '--snapshot', 'freeze');
say("echo left: $(lvm lvs --noheadings -o lv_name | sort)");
say("stat -c 'image: %s' /backups/target/sysimage/frozen/disk-*/image.vhd");
const restore = ['restore', 'latest', '--from', target, '--yes', '--computer'];
await step(...restore, 'taken', '--disk', '0=/dev/vdd', '--disk', '1=/dev/vde');
await step(...restore, 'frozen', '--disk', '/dev/vdg');
`;

const machineId = '0123456789abcdef0123456789abcdef';

/** The tag of what a killed backup left behind in a boot before. */
async function leftBehind(): Promise<string> {
  await mkdir(scratch.at('etc'));
  await writeFile(scratch.at('etc', 'machine-id'), machineId);
  const { machineId: machine } = createMachine({ etcRoot: scratch.at('etc') });
  const holder = { token: 't', program: 'sysimage', host: 'guest', machine, boot: 'another', process: 1 };
  return `sysimage.${Buffer.from(JSON.stringify(holder)).toString('base64url')}`;
}

/** In partitions 2 to 4 of a disk: Btrfs in LUKS, ext4 in LVM in LUKS, and ext4 on half of a mirror. */
const sealed = `
format() { printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - "$@"; }
unlock() { for part in 2 3; do printf secret | cryptsetup open --key-file - /dev/$1$part $1$part; done; }
make_sealed() {
  format --type luks2 --sector-size 4096 --luks2-metadata-size 16k --luks2-keyslots-size 256k /dev/vdc2
  format --type luks1 /dev/vdc3
  unlock vdc
  quietly lvm pvcreate -y /dev/mapper/vdc3
  quietly lvm vgcreate -s 1M safe /dev/mapper/vdc3
  quietly lvm lvcreate -y -W n -n root -l 100%FREE safe
  quietly mdadm --create /dev/md0 --run --assume-clean --level 1 --metadata 1.2 --raid-devices 2 /dev/vdc4 /dev/vdh
  quietly mkfs.btrfs --mixed /dev/mapper/vdc2
  for device in mapper/safe-root md0; do mke2fs -q -t ext4 /dev/$device; done
}
mount_sealed() {
  mkdir -p /a/tree /a/root /a/raid
  mount /dev/mapper/$1 /a/tree
  mount /dev/mapper/safe-root /a/root
  mount /dev/$2 /a/raid
}
close_sealed() {
  for name in tree root raid; do umount /a/$name; done
  quietly lvm vgchange -an safe
  for part in 2 3; do cryptsetup close $1$part; done
  quietly mdadm --stop /dev/$2
}
digests() { for name in tree root raid; do sha256sum < /a/$name/payload; done; }
`;

const scriptWith = (tag: string): string => `
mkdir -p /etc; echo ${machineId} > /etc/machine-id
export DM_DISABLE_UDEV=1
quietly() { "$@" > /dev/ttyS0 2>&1; }
${sealed}
mount -o ro /dev/vda /mnt
mke2fs -q -t ext4 /dev/vdb
mkdir -p /backups /a/data /a/more /a/thin /dev/shm
mount /dev/vdb /backups
mkdir /backups/target
quietly lvm pvcreate -y /dev/vdc1 /dev/vdf
quietly lvm vgcreate -s 1M office /dev/vdc1
quietly lvm vgcreate -s 1M attic /dev/vdf
quietly lvm lvcreate -y -W n -n data -L 8M office
quietly lvm lvcreate -y -W n -n more -L 8M office
quietly lvm lvcreate -y -Z n --type thin-pool --poolmetadatasize 2M -n pool -L 20M attic
quietly lvm lvcreate -y -n thin -V 16M --thinpool pool attic
for device in office-data office-more attic-thin; do
  mke2fs -q -t ext4 /dev/mapper/$device; mount /dev/mapper/$device /a/\${device#*-}
done
quietly lvm lvcreate -y -s -n sysimage-left -L 4M --addtag ${tag} office/data
make_sealed
mount_sealed vdc2 md0
( n=0; while :; do
  n=$((n+1)); for file in data more thin tree root raid; do printf %012d $n 1<> /a/$file/number; usleep 10000; done
done ) &
writer=$!
# From now on the kernel remembers the disk as it was, beside its partition as it is; and so what is encrypted.
cat /dev/vdc /dev/mapper/vdc2 > /dev/null
for name in tree root raid; do head -c 1000000 /dev/urandom > /a/$name/payload; done
digests
'${process.execPath}' /mnt/job.mjs > /tmp/said 2>&1 || { cat /tmp/said; exit 1; }
cat /tmp/said
kill $writer
for name in data more thin; do umount /a/$name; done
close_sealed vdc md0
judge() {
  e2fsck -fn $1 > /dev/ttyS0 2>&1
  mount -o ro $1 /mnt2; cat /mnt2/number; echo; umount /mnt2
}
mkdir /mnt2
for disk in vdd vdg; do
  quietly lvm vgchange -an office
  quietly blockdev --rereadpt /dev/$disk
  wait_for /dev/\${disk}1
  quietly lvm vgchange -ay --devices /dev/\${disk}1 office
  echo "$disk: $(lvm lvs --devices /dev/\${disk}1 --noheadings -o lv_name office | sort | tr -d '\\n')"
  judge /dev/mapper/office-data
  judge /dev/mapper/office-more
done
judge /dev/vde
unlock vdg
quietly lvm vgchange -ay --devices /dev/mapper/vdg3 safe
quietly mdadm --assemble --run /dev/md1 /dev/vdg4
quietly btrfs check --readonly --check-data-csum /dev/mapper/vdg2
for device in mapper/safe-root md1; do quietly e2fsck -fn /dev/$device; done
mount_sealed vdg2 md1
for name in tree root raid; do cat /a/$name/number; echo; done
digests
close_sealed vdg md1
`;

/** MiB. What of the disk is in use is a small part of it, and all the rest is noise: LVM, LUKS, LUKS, half of a mirror. */
const partitions = [36, 18, 16, 12] as const;
const sizes = { backups: 160, disk: 84, taken: 84, 'taken-thin': 16, attic: 32, frozen: 84, half: 12 } as const;

beforeAll(async () => {
  nativeModules = await installProduct(scratch.at('product'), ['@sysimage/target-directory']);
  await writeFile(scratch.at('product', 'job.mjs'), job);
  await run('mke2fs', '-q', '-t', 'ext4', '-d', scratch.at('product'), scratch.at('product.img'), '128M');
  for (const [name, size] of Object.entries(sizes)) {
    await writeFile(scratch.at(`${name}.img`), '');
    await truncate(scratch.at(`${name}.img`), size * mebi);
  }
  await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: sizes.disk * mebi,
    partitions: partitions.map((size, index) => ({ type: index === 0 ? 'blank' : 'raw', size: size * mebi })),
  });
}, 60_000);

const tools = 'lvm dmsetup cryptsetup mdadm blockdev dd fsfreeze mke2fs e2fsck mkfs.btrfs btrfs'.split(' ');

test('volumes on each other, thick, thin, encrypted and mirrored, come back as they were at one instant', async () => {
  const { exitCode, output, serial } = await runInGuest({
    script: scriptWith(await leftBehind()),
    modules: 'dm-mod dm-snapshot dm-thin-pool dm-crypt xts ecb algif_skcipher raid1 ext4 btrfs'.split(' '),
    tools: [...tools, process.execPath, ...nativeModules],
    memory: 1024,
    timeLimit: 360_000,
    disks: ['product', ...Object.keys(sizes)].map((name) => ({
      path: scratch.at(`${name}.img`),
      format: 'raw',
    })),
  });
  if (exitCode !== 0) throw new Error(`the guest ended with ${exitCode}:\n${output}${serial}`);
  const results = eventsIn(
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  )
    .filter((event) => at(event, 'event') === 'result')
    .map((event) => listAt(event, 'version', 'disks').flatMap((disk) => listAt(disk, 'volumes')));
  const inside = ['data', 'more'].map((name) => {
    return { path: `/dev/mapper/office-${name}`, fileSystem: 'ext4', copied: 'used', size: 8 * mebi };
  });
  const frozen = (fileSystem: string, path: string, within: string): object => {
    const only = [{ path, fileSystem: within, copied: 'used' }];
    return { fileSystem, consistency: 'frozen', snapshot: 'freeze', copied: 'used', inside: only };
  };
  expect(results).toMatchObject([
    [
      { fileSystem: 'lvm', consistency: 'frozen', snapshot: 'lvm', copied: 'used', inside },
      ...[2, 3, 4].map((partition) => ({ partition, copied: 'none' })),
      { fileSystem: 'ext4', consistency: 'frozen', snapshot: 'lvm', copied: 'used' },
    ],
    [
      { fileSystem: 'lvm', consistency: 'frozen', snapshot: 'freeze', copied: 'used', inside },
      frozen('luks', '/dev/mapper/vdc2', 'btrfs'),
      frozen('luks', '/dev/mapper/safe-root', 'ext4'),
      frozen('md', '/dev/md0', 'ext4'),
    ],
  ]);
  // Headers of LUKS and what lies outside of volumes are in it, but not the noise.
  for (const [index, volume] of (results[1] ?? []).entries())
    if (index > 0) expect(at(volume, 'usedBytes')).toBeLessThan(((partitions[index] ?? 0) / 2) * mebi);
  expect(Number(/^image: (\d+)$/mu.exec(output)?.[1])).toBeLessThan(60 * mebi);
  // Neither ours nor what the killed one left; and what is restored has never heard of any.
  expect(output).toMatch(/^left: data more pool root thin$/mu);
  expect(output.match(/^vd[dg]: .*$/gmu)?.map((line) => line.split(/ +/u))).toEqual([
    ['vdd:', 'data', 'more'],
    ['vdg:', 'data', 'more'],
  ]);
  const numbers = output.match(/^\d{12}$/gmu)?.map(Number) ?? [];
  const [data = 0, more = 0, frozenData = 0, frozenMore = 0, thin = 0, tree = 0, root = 0, raid = 0] = numbers;
  expect(thin).toBeGreaterThan(0);
  // It was taken later, and what the kernel remembered of the disk is from before.
  expect(frozenData).toBeGreaterThan(data);
  for (const ahead of [data - more, more - thin, data - thin]) expect([0, 1]).toContain(ahead);
  for (const each of [frozenMore, tree, root, raid]) expect([0, 1]).toContain(frozenData - each);
  const digests = output.match(/^[0-9a-f]{64}/gmu) ?? [];
  expect(digests.length).toBe(6);
  expect(digests.slice(3)).toEqual(digests.slice(0, 3));
}, 390_000);
