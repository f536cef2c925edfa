import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { makeDisk, makeScratch, noise } from '@sysimage/fixtures';
import { runInGuest, type GuestEnd } from '@sysimage/vm';
import { listAt, succeedHere, textAt } from '../src/index.js';

// LVM and LUKS as they are used: by a kernel that has them.

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const payload = (version: number): Uint8Array => noise(`payload ${version}`, 3 * mebi);

/** There is no udev in a guest; and a key need not be slow to try. */
const preparations = `
export DM_DISABLE_UDEV=1
unlock() { printf secret | cryptsetup open --key-file - /dev/vda2 locked; }
`;
const make = `
lvm pvcreate -q -y /dev/vda1
lvm vgcreate -q office /dev/vda1
lvm lvcreate -q -y -W n -n data -L 40M office
printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - /dev/vda2
unlock
for device in office-data locked; do mke2fs -q -t ext4 /dev/mapper/$device; done
`;
const open = `
lvm vgchange -q -ay office
unlock
`;
const write = `
for device in office-data locked; do
  mount /dev/mapper/$device /mnt; cat /dev/vdb > /mnt/payload; umount /mnt
done
`;
const close = `
cryptsetup close locked
lvm vgchange -q -an office
`;
const judge = `
for device in office-data locked; do
  e2fsck -fn /dev/mapper/$device > /dev/ttyS0 2>&1
  mount -o ro /dev/mapper/$device /mnt; sha256sum < /mnt/payload; umount /mnt
done
`;

async function guest(script: string, disks: readonly string[]): Promise<GuestEnd> {
  const end = await runInGuest({
    script: preparations + script,
    modules: ['dm-mod', 'dm-crypt', 'xts', 'ecb', 'algif_skcipher'],
    tools: ['lvm', 'cryptsetup', 'mke2fs', 'e2fsck'],
    disks: disks.map((path) => ({ path, format: 'raw' })),
  });
  if (end.exitCode !== 0) throw new Error(`the guest ended with ${end.exitCode}:\n${end.output}${end.serial}`);
  return end;
}

test('a logical volume and an encrypted one come back, in both versions', async () => {
  const target = `dir:${scratch.at('target')}`;
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 128 * mebi,
    partitions: [
      { type: 'blank', size: 60 * mebi, label: 'volumes' },
      { type: 'blank', label: 'locked' },
    ],
  });
  const payloads = [1, 2].map((version) => scratch.at(`payload-${version}`));
  for (const [index, path] of payloads.entries()) await writeFile(path, payload(index + 1));
  const versions: string[] = [];
  for (const [index, path] of payloads.entries()) {
    await guest((index === 0 ? make : open) + write + close, [disk.path, path]);
    const { result } = await succeedHere(
      'backup',
      '--disk',
      disk.path,
      '--to',
      target,
      '--computer',
      'Office',
      '--json',
    );
    versions.push(textAt(result, 'version', 'id'));
    expect(listAt(result, 'version', 'disks', 0, 'volumes')).toMatchObject([
      { fileSystem: 'lvm', copied: 'whole' },
      { fileSystem: 'luks', copied: 'whole' },
    ]);
  }
  for (const [index, version] of versions.entries()) {
    const restored = scratch.at(`restored-${index}.img`);
    await succeedHere('restore', version, '--from', target, '--disk', restored);
    const digest = createHash('sha256')
      .update(payload(index + 1))
      .digest('hex');
    const { output } = await guest(open + judge + close, [restored]);
    expect(output.match(/^[0-9a-f]{64}/gmu)).toEqual([digest, digest]);
  }
}, 180_000);
