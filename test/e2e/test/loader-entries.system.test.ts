import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeDisk, makeScratch, run, withLoop, withVolume, type Disk } from '@sysimage/fixtures';
import { at, listAt, succeedHere, sysimage } from '../src/index.js';

const mebi = 1024 * 1024;
const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const rootUuid = '0f0f0f0f-0000-4000-8000-0000000000f5';
const bootUuid = '0f0f0f0f-0000-4000-8000-00000000b007';
const version = '6.5.6-300.fc39.x86_64';
const name = 'Fedora Linux 39 (Workstation Edition)';
const leftOut = 'source/needed-volume-left-out';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let disk: Disk;
beforeAll(async () => {
  scratch = await makeScratch();
  await mkdir(scratch.at('target'));
  disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 128 * mebi,
    partitions: [
      { type: 'fat32', size: 40 * mebi, label: 'ESP', tableType: esp },
      { type: 'ext4', size: 16 * mebi, label: 'boot', options: ['-U', bootUuid] },
      { type: 'blank', size: 32 * mebi },
      { type: 'ext4', size: 16 * mebi, label: 'data' },
    ],
  });
  await withLoop(disk.path, rootOf(disk), (part) => run('mkfs.btrfs', '-q', '--mixed', '-U', rootUuid, part));
  const leading = `search --no-floppy --fs-uuid --set=dev ${bootUuid}\nset prefix=($dev)/grub2\n`;
  await put(1, 'EFI/fedora/grub.cfg', leading);
  const options = `options root=UUID=${rootUuid} ro rootflags=subvol=root rhgb quiet`;
  const title = `title Fedora Linux (${version}) 39 (Workstation Edition)`;
  const entry = [title, `version ${version}`, `linux /vmlinuz-${version}`, options];
  await put(2, `loader/entries/4098b3f648d74c13b1f04ccfba7798e8-${version}.conf`, entry.join('\n'));
});
afterAll(() => scratch.remove());

function rootOf({ partitions }: Disk): { readonly offset: number; readonly size: number } {
  const { offset = 0, size = 0 } = partitions[2] ?? {};
  return { offset, size };
}

async function put(number: number, path: string, text: string): Promise<void> {
  await withVolume(disk, number, async (folder) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  });
}

/** What a plan with these options says of systems and of volumes that are left out. */
async function plan({ path }: Disk, ...args: readonly string[]) {
  const to = ['--to', `dir:${scratch.at('target')}`, '--computer', 'pc', '--json'];
  const { result: said } = await sysimage('plan', '--disk', path, ...to, ...args);
  const findings = listAt(said, 'findings').filter((finding) => at(finding, 'policy') === leftOut);
  return { systems: listAt(said, 'plan', 'systems'), about: findings.map((finding) => at(finding, 'subject')) };
}

async function shown({ path }: Disk): Promise<string> {
  return (await succeedHere('disks', '--disk', path)).stdout.replaceAll(path, 'DISK');
}

test('a root on Btrfs, of which only the boot loader tells', async () => {
  expect(await plan(disk, '--exclude', 'LABEL=boot')).toMatchObject({
    systems: [
      {
        family: 'linux',
        name,
        needs: [
          { partition: 3, role: 'boot', taken: true },
          { partition: 2, role: 'system', taken: false },
          { partition: 1, role: 'system', taken: true },
        ],
        startKnown: true,
      },
    ],
    about: ['disks/0/volumes/1'],
  });
  expect((await plan(disk, '--exclude', 'LABEL=data')).about).toEqual([]);
  const words = await shown(disk);
  expect(words).toMatch(/ESP, critical.*\n.*\/boot, critical.*\n.* root, critical/u);
  expect(words).toContain(`  ${name}: lies on DISK 3, starts from DISK 2, starts from DISK 1\n`);
});

test('a root that is encrypted, and nothing says that it is this volume', async () => {
  const other = { ...disk, path: scratch.at('encrypted.img') };
  await copyFile(disk.path, other.path);
  const { offset, size } = rootOf(disk);
  const file = await open(other.path, 'r+');
  await file.write(Buffer.alloc(size), 0, size, offset);
  await file.write(Buffer.from('LUKS\xba\xbe\0\x01', 'latin1'), 0, 8, offset);
  await file.close();
  expect(await shown(other)).toContain(
    `  ${name}: starts from DISK 2, starts from DISK 1, not all that it needs was found\n`,
  );
  expect((await plan(other, '--exclude', 'LABEL=boot')).about).toContain('disks/0/volumes/1');
  expect((await plan(other, '--exclude', 'LABEL=boot', '--exclude', '3')).about).toEqual([]);
});
