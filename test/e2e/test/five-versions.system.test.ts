import { afterAll, expect, test } from '@jest/globals';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  changeTree,
  judgeImage,
  makeDisk,
  makeScratch,
  run,
  sameBytes,
  withVolume,
  fillTree,
} from '@sysimage/fixtures';
import { at, attemptHere, listAt, mountTmpfs, succeedHere, textAt } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

interface Kept {
  readonly id: string;
  readonly copy: string;
}

/** Five versions of a disk that is lived in, and what each must restore. */
async function fiveVersions(): Promise<{ folder: string; disk: string; kept: Kept[] }> {
  const folder = scratch.at('target');
  await mountTmpfs(folder, 700 * mebi);
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 120 * mebi,
    partitions: [
      { type: 'ntfs', size: 48 * mebi, label: 'Windows' },
      { type: 'ext4', label: 'home' },
    ],
  });
  const kept: Kept[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (const { number } of disk.partitions) {
      await withVolume(disk, number, async (place) => {
        if (round === 0) await fillTree(place, { files: 120, seed: number, largest: mebi });
        else await changeTree(place, 10 * round + number, mebi);
      });
    }
    const { result } = await succeedHere('backup', '--disk', disk.path, '--to', `dir:${folder}`, '--json');
    const copy = scratch.at(`copy-${round}.img`);
    await succeedHere('restore', 'latest', '--from', `dir:${folder}`, '--disk', copy);
    kept.push({ id: textAt(result, 'version', 'id'), copy });
  }
  return { folder, disk: disk.path, kept };
}

async function flip(path: string, offset: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 0x40;
  await file.write(byte, 0, 1, offset);
}

test('five versions: every one restores, exports and verifies; also when the middle one was deleted', async () => {
  const { folder, disk, kept } = await fiveVersions();
  const from = ['--from', `dir:${folder}`];
  const restoresAndExports = async (versions: readonly Kept[], how: string): Promise<void> => {
    for (const [i, { id, copy }] of versions.entries()) {
      await succeedHere('verify', id, ...from);
      const file = (ending: string): string => `${copy}-${how}.${ending}`;
      const restored = file('restored');
      await succeedHere('restore', id, ...from, '--disk', restored);
      await sameBytes(restored, copy);
      // One format each, in turn.
      const format = ['raw', 'vhd', 'vhdx'][i % 3] ?? 'raw';
      const exported = file(format);
      await succeedHere('export', id, ...from, '--format', format, '--output', exported);
      if (format === 'raw') await sameBytes(exported, copy);
      else if (format === 'vhd') await judgeImage(exported, copy);
      else {
        await run('qemu-img', 'check', '-f', 'vhdx', exported);
        await run('qemu-img', 'compare', '-f', 'raw', '-F', 'vhdx', copy, exported);
      }
      await run('rm', restored, exported);
    }
  };
  await succeedHere('verify', ...from);
  await restoresAndExports(kept, 'all');

  // A chain of differencing files, the newest last, as two programs read it that know such chains. (QEMU does not: it takes
  // a differencing file for one without a parent.)
  const chain = scratch.at('chain');
  await succeedHere('export', 'latest', ...from, '--chain', '--output', chain);
  const links = (await readdir(chain)).toSorted();
  expect(links).toEqual(kept.map(({ id }) => `disk0-${id}.vhd`));
  const mount = scratch.at('mounted');
  await run('mkdir', mount);
  await run('vhdimount', join(chain, links.at(-1) ?? ''), mount);
  try {
    for (const [i, { copy }] of kept.entries()) await run('cmp', join(mount, `vhdi${i + 1}`), copy);
  } finally {
    await run('fusermount', '-u', mount);
  }
  for (const [i, { copy }] of kept.entries()) {
    const unpacked = scratch.at(`unpacked-${i}`);
    await run('7z', 'x', '-tVHD', `-o${unpacked}`, join(chain, links[i] ?? ''));
    const [file = ''] = await readdir(unpacked);
    await run('cmp', join(unpacked, file), copy);
  }

  const [, , middle] = kept;
  const deleted = await succeedHere('delete', middle?.id ?? '', ...from, '--yes', '--json');
  expect(at(deleted.result, 'deleted')).toEqual([middle?.id]);
  const { result } = await succeedHere('versions', ...from, '--json');
  const left = kept.filter((one) => one !== middle);
  expect(listAt(result, 'versions')).toMatchObject(left.map(({ id }) => ({ id, state: 'complete' })));
  await restoresAndExports(left, 'left');
  expect((await attemptHere('restore', middle?.id ?? '', ...from, '--disk', scratch.at('no.img'))).code).toBe(10);

  // One flipped byte in the image, in a layer, in a map, in a record.
  const objects = (await run('find', join(folder, 'sysimage'), '-type', 'f', '-size', '+0'))
    .split('\n')
    .filter((path) => /\.(?:vhd|layer|map|allocation|json)$/u.test(path) && !path.endsWith('computer.json'));
  const oneOfEach = new Map(objects.map((path) => [path.replace(/^.*\./u, ''), path]));
  expect([...oneOfEach.keys()].toSorted()).toEqual(['allocation', 'json', 'layer', 'map', 'vhd']);
  for (const path of oneOfEach.values()) {
    const offset = Math.floor((await stat(path)).size / 2);
    await flip(path, offset);
    const found = await attemptHere('verify', ...from, '--json');
    expect({ path, code: found.code }).toEqual({ path, code: 16 });
    const name = path.slice(folder.length + 1);
    expect(listAt(found.result, 'damages')).toContainEqual(expect.objectContaining({ object: name }));
    await flip(path, offset);
    await succeedHere('verify', ...from);
  }

  // Damage in the image heals at the next backup where the source still has the bytes, because the file was touched.
  const image = oneOfEach.get('vhd') ?? '';
  for (let at = 3 * mebi; at < 30 * mebi; at += 700_001) await flip(image, at);
  expect((await attemptHere('verify', 'latest', ...from)).code).toBe(16);
  await succeedHere('backup', '--disk', disk, '--to', `dir:${folder}`);
  await succeedHere('verify', 'latest', ...from);
  const healed = scratch.at('healed.img');
  await succeedHere('restore', 'latest', ...from, '--disk', healed);
  await sameBytes(healed, kept.at(-1)?.copy ?? '');

  // The newest goes only when that is said twice.
  const newest = await attemptHere('delete', 'latest', ...from, '--yes');
  expect({ code: newest.code, says: newest.stderr.includes('--roll-back') }).toEqual({ code: 2, says: true });
  await succeedHere('delete', 'latest', ...from, '--yes', '--roll-back');
  // Older ones may have lost what the disk no longer had when the damage was mended.
  await succeedHere('verify', 'latest', ...from);
  const back = scratch.at('back.img');
  await succeedHere('restore', 'latest', ...from, '--disk', back);
  await sameBytes(back, left.at(-1)?.copy ?? '');
}, 240_000);
