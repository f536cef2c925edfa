import { afterAll, expect, test } from '@jest/globals';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { constant, tokens, type Disks, type Hasher } from '@sysimage/core';
import { makeScratch, sameBytes } from '@sysimage/fixtures';
import { createHasher } from '@sysimage/node-services';
import { createMemoryTarget, failFrom, recordCalls, type MemoryStore } from '@sysimage/target-memory';
import { listAt, runHere, sysimageHere, textAt, ToyDisk, Workbench } from '../src/index.js';
import { referenceReader, type Wanted } from './reference-reader.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const reader = await referenceReader(scratch.at('reader'));

/** What both readers make of disks, in files of their own that must be alike. */
async function readAll(...all: readonly Wanted[]): Promise<void> {
  const shortly = all.map((one) => ({ ...one, output: `${one.output}.short` }));
  for (const { output } of all) await rm(output, { force: true });
  for (const one of all) reader.readHere(one);
  await reader.readShortly(shortly);
  for (const { output } of all) {
    await sameBytes(`${output}.short`, output);
    await rm(`${output}.short`);
  }
}

/** What the reader makes of every disk of every version is what the command makes of it. */
async function assertAlike(folder: string): Promise<readonly string[]> {
  const from = `dir:${folder}`;
  const ids = listAt(await sysimageHere('versions', '--from', from, '--json'), 'versions').map((one) =>
    textAt(one, 'id'),
  );
  const read = (version: string, disk: number): Wanted => {
    return { folder, computer: 'desk', version, disk, output: scratch.at(`${version}-${disk}.read`) };
  };
  const all = ids.flatMap((id) => [read(id, 0), read(id, 1)]);
  await readAll(...all);
  for (const id of ids) {
    const disks = [0, 1].map((disk) => ({ disk, path: scratch.at(`ours-${disk}.img`) }));
    await sysimageHere('restore', id, '--from', from, ...disks.flatMap(({ disk, path }) => ['-d', `${disk}=${path}`]));
    for (const { disk, path } of disks) {
      await sameBytes(read(id, disk).output, path);
      await rm(path);
    }
  }
  for (const { output } of all) await rm(output);
  return ids;
}

function objectsIn(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted();
}

/** A hasher that dies, and stays dead, so that nothing is taken back: the process ends as if it had been killed. */
function dyingHasher(isTime: () => boolean): Hasher {
  const hasher = createHasher();
  let dead = false;
  const live = (): Hasher => {
    dead ||= isTime();
    if (dead) throw new Error('killed');
    return hasher;
  };
  return { digest: (bytes) => live().digest(bytes), digestEach: async (bytes, unit) => live().digestEach(bytes, unit) };
}

async function cutBackup(folder: string, paths: readonly string[], isTime: () => boolean): Promise<void> {
  const args = ['backup', ...paths.flatMap((path) => ['-d', path]), '--to', `dir:${folder}`, '-c', 'desk'];
  const { code } = await runHere(args, [constant(tokens.hasher, dyingHasher(isTime))]);
  expect(code).not.toBe(0);
  expect(objectsIn(folder, '.json').filter((path) => path.includes('/runs/'))).toHaveLength(1);
}

test('five versions of two disks, some deleted, runs that were cut: the reader restores what the command restores', async () => {
  const folder = scratch.at('target');
  const [large, small] = [new ToyDisk(44 * mebi), new ToyDisk(4 * mebi)];
  const paths = [scratch.at('large.img'), scratch.at('small.img')] as const;
  // Two disks that are not copies of one another.
  small.bytes[440] = 1;
  const change = (round: number, share: number): void => {
    for (const disk of [large, small]) {
      for (let block = 40; block < disk.blockCount * share; block += 1)
        disk.fill(block, 1 + ((round * 7 + block) % 90));
      for (let block = 100 + 16 * round; block < 140 + 16 * round; block += 1) disk.free(block);
      for (let block = 300; block < 340 && block < disk.blockCount; block += 1) disk.fill(block, round % 2);
    }
    writeFileSync(paths[0], large.bytes);
    writeFileSync(paths[1], small.bytes);
  };
  const backup = async () =>
    sysimageHere('backup', '-d', paths[0], '-d', paths[1], '--to', `dir:${folder}`, '-c', 'desk');

  for (const round of [1, 2, 3, 4, 5]) {
    change(round, round === 1 ? 0.95 : 0.1);
    await backup();
  }
  const five = await assertAlike(folder);
  expect(five).toHaveLength(5);
  await sysimageHere('delete', five[1] ?? '', '--from', `dir:${folder}`, '--yes');
  expect(await assertAlike(folder)).toHaveLength(4);

  // Cut when nothing of the image is changed yet, when one batch has gone over, and when all have.
  const layerBytes = (): number =>
    Math.max(0, ...objectsIn(folder, '.layer').map((path) => statSync(path).blocks * 512));
  const layers = objectsIn(folder, '.layer').length;
  change(6, 0.95);
  await cutBackup(folder, paths, () => objectsIn(folder, '.json').some((path) => path.includes('/runs/')));
  expect(objectsIn(folder, '.layer')).toHaveLength(layers + 2);
  expect(await assertAlike(folder)).toHaveLength(4);
  for (const bytes of [31 * mebi, 33 * mebi]) {
    await cutBackup(folder, paths, () => layerBytes() > bytes);
    expect(await assertAlike(folder)).toHaveLength(4);
  }
  await backup();
  const six = await assertAlike(folder);
  expect(six).toHaveLength(5);
  await sysimageHere('delete', ...five.slice(3), '--from', `dir:${folder}`, '--yes');
  await sysimageHere('delete', six.at(-1) ?? '', '--from', `dir:${folder}`, '-y', '--roll-back');
  expect(await assertAlike(folder)).toEqual([five[0], five[2]]);
}, 240_000);

/** What lies on a target in memory, as files. */
async function unpack(store: MemoryStore, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const name of store.names()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), store.bytes(name) ?? new Uint8Array(0));
  }
}

/** A bench whose disks have sectors of so many bytes. */
function benchOf(sectorSize: number): Workbench {
  const bench = new Workbench();
  const disks: Disks = {
    list: () => bench.disks.list(),
    openDestination: async (path, size) => ({ ...(await bench.disks.openDestination(path, size)), sectorSize }),
    openSource: async (path) => ({ ...(await bench.disks.openSource(path)), sectorSize }),
  };
  Object.assign(bench.services, { disks });
  return bench;
}

test.each([
  ['VHDX, changed in place', 4096, ['random', 'capacity'] as const, '.vhdx'],
  ['VHD, one for each version', 512, [] as const, '.vhd'],
  ['VHDX, one for each version', 4096, [] as const, '.vhdx'],
])(
  '%s: the reader restores what the engine restores',
  async (_, sectorSize, facets, ending) => {
    const bench = benchOf(sectorSize);
    const target = createMemoryTarget({ facets: [...facets], volatile: true });
    const disk = new ToyDisk(8 * mebi);
    // A table counts in sectors.
    const table = new DataView(disk.bytes.buffer);
    for (const at of [446 + 8, 446 + 12]) table.setUint32(at, (table.getUint32(at, true) * 512) / sectorSize, true);
    const assertReads = async (store: MemoryStore): Promise<void> => {
      const folder = scratch.at('memory');
      await unpack(store, folder);
      const read = (version: string): Wanted => {
        return { folder, computer: 'bench', version, disk: 0, output: scratch.at(`${version}.read`) };
      };
      await readAll(...kept.map(({ id }) => read(id)));
      for (const { id, bytes } of kept) expect(Buffer.compare(await readFile(read(id).output), bytes)).toBe(0);
    };
    const kept: { id: string; bytes: Uint8Array }[] = [];
    for (const round of [1, 2, 3]) {
      for (let block = 30 * round; block < 30 * round + 700; block += 3) disk.fill(block, round);
      const { id } = await bench.backup(target, disk);
      kept.push({ id, bytes: await bench.restore(target, id) });
    }
    expect(target.store.names().filter((name) => name.endsWith(ending))).not.toEqual([]);
    await assertReads(target.store);

    // The next run, cut at each of its changes.
    for (let block = 50; block < 1200; block += 5) disk.fill(block, 9);
    const record = recordCalls();
    await bench.backup(
      createMemoryTarget({ facets: [...facets], store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall }),
      disk,
    );
    for (const { index } of record.changes().filter((_call, i) => i % 15 === 3)) {
      const store = target.store.powerCut({ keep: 'all' });
      const dying = createMemoryTarget({ facets: [...facets], store, onCall: failFrom(index) });
      await bench.backup(dying, disk).catch(() => undefined);
      await assertReads(store.powerCut({ keep: index }));
    }
  },
  120_000,
);

test('what is damaged is not restored: one flipped byte anywhere in the image, a layer, a map or a record', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(4 * mebi);
  for (const round of [1, 2]) {
    for (let block = 30; block < 400; block += 1) disk.fill(block, round);
    await bench.backup(target, disk);
  }
  const [oldest = ''] = (await bench.verify(target)).versions.map(({ id }) => id);
  const folder = scratch.at('flipped');
  await unpack(target.store, folder);
  const wanted = { folder, computer: 'bench', version: oldest, disk: 0, output: scratch.at('flipped.img') };
  const reads = async (): Promise<boolean> =>
    readAll(wanted).then(
      () => true,
      () => false,
    );
  for (const path of objectsIn(folder, '').filter((name) => /\.(?:vhd|layer|map|allocation|json)$/u.test(name))) {
    if (!existsSync(path) || path.endsWith('computer.json')) continue;
    const before = await readFile(path);
    const isNeeded = path.endsWith('.layer') || path.includes(oldest);
    for (const byte of [0, 40, Math.floor(before.length / 2)]) {
      const flipped = Buffer.from(before);
      flipped[byte] = (flipped[byte] ?? 0) ^ 4;
      await writeFile(path, flipped);
      if (isNeeded) expect({ path, byte, reads: await reads() }).toEqual({ path, byte, reads: false });
    }
    await writeFile(path, before);
  }
  expect(await reads()).toBe(true);
});
