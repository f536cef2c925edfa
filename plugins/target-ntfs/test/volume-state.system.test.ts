import { mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeScratch, run } from '@sysimage/fixtures';
import { opener, putText, textOn } from './surroundings.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());
const open = opener(scratch.at('run'));

let volumes = 0;
async function makeVolume(): Promise<string> {
  const path = scratch.at(`volume-${(volumes += 1)}.img`);
  await writeFile(path, '');
  await truncate(path, 8 * 1024 * 1024);
  await run('mkntfs', '-FqQ', '-L', 'Backup', path);
  const target = await open({ path });
  await putText(target, 'of before');
  await target.close();
  return path;
}

/** Something happens to the volume that is none of ours. */
async function withFolder(path: string, work: (folder: string) => Promise<void>, options = 'rw'): Promise<void> {
  const folder = `${path}-mounted`;
  await mkdir(folder, { recursive: true });
  await run('mount', '-t', 'ntfs-3g', '-o', `loop,${options}`, path, folder);
  try {
    await work(folder);
  } finally {
    await run('umount', folder);
  }
}

async function readOnlyThen(path: string, code: string, message: string, stateReason: string): Promise<void> {
  const before = await readFile(path);
  await expect(open({ path })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as unknown,
    remedy: expect.stringContaining('fully') as unknown,
  });
  const target = await open({ path }, 'read');
  expect(target.traits.volume).toMatchObject({ state: 'unclean', stateReason });
  expect(await textOn(target)).toBe('of before');
  await expect(putText(target, 'of now')).rejects.toMatchObject({ code: 'denied' });
  await target.close();
  expect((await readFile(path)).equals(before)).toBe(true);
}

test.each(['HIBR', 'RSTR'])(
  'where a Windows sleeps (%s) nothing is written, and everything can be read',
  async (mark) => {
    const path = await makeVolume();
    await withFolder(path, (folder) => writeFile(join(folder, 'hiberfil.sys'), mark + 'x'.repeat(10_000)));
    await readOnlyThen(path, 'busy', 'sleeps', 'hibernated');
  },
);

test('nor where somebody has mounted it', async () => {
  const path = await makeVolume();
  await withFolder(path, (folder) => writeFile(join(folder, 'hiberfil.sys'), 'hibr'.padEnd(10_000, 'x')));
  // ntfs-3g falls back to that by itself.
  await withFolder(
    path,
    async (folder) => {
      for (const named of [folder, path]) {
        await expect(open({ path: named })).rejects.toMatchObject({
          code: 'busy',
          message: expect.stringContaining('sleeps') as unknown,
        });
      }
      const target = await open({ path: folder }, 'read');
      expect(target.traits.volume).toMatchObject({ state: 'unclean', stateReason: 'hibernated' });
      expect(await textOn(target)).toBe('of before');
    },
    'ro',
  );
});

test('a device that nobody can write is told as that, and can be read', async () => {
  const path = await makeVolume();
  const device = (await run('losetup', '--find', '--show', '--read-only', path)).trim();
  try {
    await expect(open({ path: device })).rejects.toMatchObject({
      code: 'denied',
      message: `${device} is write-protected`,
    });
    const target = await open({ path: device }, 'read');
    expect(await textOn(target)).toBe('of before');
    await target.close();
  } finally {
    await run('losetup', '--detach', device);
  }
});

test('nor where Windows did not close its journal', async () => {
  const path = await makeVolume();
  const page = Buffer.alloc(4096);
  page.write('RSTR', 0, 'latin1');
  page.writeUInt16LE(30, 4);
  page.writeUInt16LE(9, 6);
  page.writeUInt32LE(4096, 16);
  page.writeUInt32LE(4096, 20);
  page.writeUInt16LE(64, 24);
  page.writeUInt16LE(1, 28);
  page.writeUInt16LE(1, 64 + 8);
  const bytes = await readFile(path);
  // mkntfs and ntfs-3g leave nothing but this in it.
  const at = bytes.indexOf(Buffer.alloc(64 * 1024, 0xff));
  for (const offset of [at, at + page.byteLength]) page.copy(bytes, offset);
  await writeFile(path, bytes);
  await readOnlyThen(path, 'busy', 'journal', '$LogFile needs recovery');
});

test('the dirty flag asks for a check, and is told; the volume can be written', async () => {
  const path = await makeVolume();
  await run('ntfsfix', path);
  const target = await open({ path });
  expect(target.traits.volume).toEqual({
    label: 'Backup',
    clusterSize: 4096,
    state: 'unclean',
    stateReason: 'dirty bit set',
    compressed: false,
    sparse: true,
  });
  await putText(target, 'of now');
  await target.close();
});

/** Of all that a version brings, ntfs-3g asks only for the number. */
async function setVersion(path: string, major: number, minor: number): Promise<void> {
  const bytes = await readFile(path);
  // The table of files, and its mirror, by 4096 bytes; a record has 1024.
  for (const place of [0x30, 0x38]) {
    const record = Number(bytes.readBigUInt64LE(place)) * 4096 + 3 * 1024;
    let at = record + bytes.readUInt16LE(record + 20);
    // $VOLUME_INFORMATION.
    while (bytes.readUInt32LE(at) !== 0x70) at += bytes.readUInt32LE(at + 4);
    bytes.set([major, minor], at + bytes.readUInt16LE(at + 20) + 8);
  }
  await writeFile(path, bytes);
}

test.each([
  [3, 1, true],
  [3, 0, true],
  [1, 2, false],
])('whether files can have holes on NTFS %d.%d is what ntfs-3g does: %s', async (major, minor, sparse) => {
  const path = await makeVolume();
  await setVersion(path, major, minor);
  const target = await open({ path });
  expect(target.traits.volume).toMatchObject({ state: 'clean', sparse });
  await target.close();
  await withFolder(path, async (folder) => {
    const mounted = await open({ path: folder });
    expect(mounted.traits.volume).toMatchObject({ state: 'clean', sparse });
    for (const [name, attributes] of [
      ['plain', '0x00000010'],
      ['compressed', '0x00000810'],
    ] as const) {
      const inside = join(folder, name);
      await mkdir(inside);
      await run('setfattr', '-n', 'system.ntfs_attrib_be', '-v', attributes, inside);
      await writeFile(join(inside, 'file'), '');
      await truncate(join(inside, 'file'), 1024 * 1024);
      expect((await stat(join(inside, 'file'))).blocks).toBe(sparse ? 0 : 2048);
    }
  });
});

test('a link on the volume leads nowhere', async () => {
  const path = await makeVolume();
  const elsewhere = scratch.at('elsewhere');
  await mkdir(elsewhere);
  await withFolder(path, (folder) => symlink(elsewhere, join(folder, 'backups')));
  for (const purpose of ['read', 'write'] as const) {
    await expect(open({ path, folder: 'backups' }, purpose)).rejects.toMatchObject({ code: 'invalid' });
    await expect(open({ path, folder: 'backups/more' }, purpose)).rejects.toMatchObject({ code: 'invalid' });
  }
  await expect(open({ path, folder: 'nothing' }, 'read')).rejects.toMatchObject({ code: 'not-found' });
});

test('another file system that a program mounts is refused by name, though the program does not say it', async () => {
  const path = scratch.at('stick.img');
  await writeFile(path, '');
  await truncate(path, 16 * 1024 * 1024);
  await run('mkfs.exfat', path);
  const folder = scratch.at('stick');
  await mkdir(folder);
  await run('mount', '-t', 'exfat-fuse', '-o', 'loop', path, folder);
  try {
    await expect(open({ path: folder })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/is not on an NTFS volume: .* holds exfat$/u) as unknown,
    });
  } finally {
    await run('umount', folder);
  }
});
