import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { createMachine } from '@sysimage/node-services';
import { makeDisk, makeScratch, run } from '@sysimage/fixtures';
import { runInGuest } from '@sysimage/vm';
import { at, eventsIn, installProduct, listAt } from '../src/index.js';

// Logical volumes that somebody writes to while they are backed up: by a kernel that has them.

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());
let nativeModules: readonly string[];

/** In one process: under an emulator Node takes long to start. */
const job = `import { main } from '@sysimage/cli';
import { execSync } from 'node:child_process';
const target = 'dir:/backups/target';
const say = (words) => console.log(execSync(words, { encoding: 'utf8' }).trim());
const step = async (...words) => {
  const exitCode = await main([...words, '--quiet']);
  if (exitCode !== 0) process.exit(exitCode);
};
const disks = ['--disk', '/dev/vdc', '--disk', '/dev/mapper/attic-thin'];
await step('backup', ...disks, '--to', target, '--computer', 'taken', '--json');
await step('backup', '--disk', '/dev/vdc', '--to', target, '--computer', 'frozen', '--json', '--snapshot', 'freeze');
say("echo left: $(lvm lvs --noheadings -o lv_name | sort)");
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

const scriptWith = (tag: string): string => `
mkdir -p /etc; echo ${machineId} > /etc/machine-id
export DM_DISABLE_UDEV=1
quietly() { "$@" > /dev/ttyS0 2>&1; }
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
( n=0; while :; do
  n=$((n+1)); for file in data more thin; do printf %012d $n 1<> /a/$file/number; usleep 10000; done
done ) &
writer=$!
# From now on the kernel remembers the disk as it was, beside its partition as it is.
cat /dev/vdc > /dev/null
'${process.execPath}' /mnt/job.mjs > /tmp/said 2>&1 || { cat /tmp/said; exit 1; }
cat /tmp/said
kill $writer
for name in data more thin; do umount /a/$name; done
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
`;

const sizes = { backups: 200, disk: 40, taken: 40, 'taken-thin': 16, attic: 32, frozen: 40 } as const;

beforeAll(async () => {
  nativeModules = await installProduct(scratch.at('product'), ['@sysimage/target-directory']);
  await writeFile(scratch.at('product', 'job.mjs'), job);
  await run('mke2fs', '-q', '-t', 'ext4', '-d', scratch.at('product'), scratch.at('product.img'), '128M');
  for (const [name, size] of Object.entries(sizes)) {
    await writeFile(scratch.at(`${name}.img`), '');
    await truncate(scratch.at(`${name}.img`), size * mebi);
  }
  const partitions = [{ type: 'blank' }] as const;
  await makeDisk(scratch.at('disk.img'), { table: 'gpt', size: sizes.disk * mebi, partitions });
}, 60_000);

test('logical volumes, thick and thin, come back as they were at one instant', async () => {
  const { exitCode, output, serial } = await runInGuest({
    script: scriptWith(await leftBehind()),
    modules: ['dm-mod', 'dm-snapshot', 'dm-thin-pool', 'ext4'],
    tools: ['lvm', 'dmsetup', 'mke2fs', 'e2fsck', 'blockdev', 'fsfreeze', process.execPath, ...nativeModules],
    memory: 1024,
    timeLimit: 270_000,
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
  expect(results).toMatchObject([
    [
      { fileSystem: 'lvm', consistency: 'frozen', snapshot: 'lvm', copied: 'used', inside },
      { fileSystem: 'ext4', consistency: 'frozen', snapshot: 'lvm', copied: 'used' },
    ],
    [{ fileSystem: 'lvm', consistency: 'frozen', snapshot: 'freeze', copied: 'used', inside }],
  ]);
  // Neither ours nor what the killed one left; and what is restored has never heard of any.
  expect(output).toMatch(/^left: data more pool thin$/mu);
  expect(output.match(/^vd[dg]: .*$/gmu)?.map((line) => line.split(/ +/u))).toEqual([
    ['vdd:', 'data', 'more'],
    ['vdg:', 'data', 'more'],
  ]);
  const numbers = output.match(/^\d{12}$/gmu)?.map(Number) ?? [];
  const [data = 0, more = 0, frozenData = 0, frozenMore = 0, thin = 0] = numbers;
  expect(thin).toBeGreaterThan(0);
  // It was taken later, and what the kernel remembered of the disk is from before.
  expect(frozenData).toBeGreaterThan(data);
  for (const ahead of [data - more, more - thin, data - thin, frozenData - frozenMore]) expect([0, 1]).toContain(ahead);
}, 300_000);
