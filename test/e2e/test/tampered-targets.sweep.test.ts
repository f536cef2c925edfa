import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEngine, createRegistry, type Host, type Target, type VersionRecord } from '@sysimage/core';
import { plugin } from '@sysimage/target-directory';
import { at, listAt, sysimageHere, tamper, tamperings, ToyDisk, Workbench, type Tampering } from '../src/index.js';

const mebibyte = 1024 * 1024;

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tampered-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function openShelf({ services }: Workbench, path: string): Promise<Target> {
  const host: Host = {
    now: () => services.clock.now(),
    log: () => undefined,
    random: (length) => services.random.bytes(length),
    disksBelow: () => Promise.resolve({ known: false, why: 'it is a test' }),
    requestMedium: () => Promise.reject(new Error('there is nobody')),
  };
  return createRegistry([plugin], host, services.hasher).open(`dir:${path}`, 'write');
}

interface Kept {
  readonly version: VersionRecord;
  readonly bytes: Uint8Array;
}

function change(disk: ToyDisk, round: number): void {
  for (let block = 20; block < disk.blockCount; block += round === 1 ? 1 : 40 + round * 3) disk.fill(block, round);
  for (let block = 30 + 32 * round; block < 60 + 32 * round; block += 1) disk.free(block);
}

async function backUp(
  bench: Workbench,
  target: Target,
  disk: ToyDisk,
  round: number,
  computer = 'bench',
): Promise<Kept> {
  change(disk, round);
  const version = await bench.backup(target, disk, { computer });
  return { version, bytes: disk.canonical() };
}

/** Objects of three versions: which one is tampered with, and which one may take its place. */
const objects: Readonly<Record<string, (versions: readonly VersionRecord[]) => readonly string[]>> = {
  'the computer': () => ['sysimage/bench/computer.json', 'sysimage/other/computer.json'],
  'the first record': ([one, two]) => [recordOf(one), recordOf(two)],
  'the second record': ([one, two]) => [recordOf(two), recordOf(one)],
  'the newest record': ([one, , three]) => [recordOf(three), recordOf(one)],
  'the first allocation map': ([one, , three]) => [
    one?.disks[0]?.allocation.name ?? '',
    three?.disks[0]?.allocation.name ?? '',
  ],
  'the newest allocation map': ([one, , three]) => [
    three?.disks[0]?.allocation.name ?? '',
    one?.disks[0]?.allocation.name ?? '',
  ],
  'the first image map': ([one, , three]) => [
    one?.disks[0]?.shards[0]?.name ?? '',
    three?.disks[0]?.shards[0]?.name ?? '',
  ],
  'the newest image map': ([one, , three]) => [
    three?.disks[0]?.shards[0]?.name ?? '',
    one?.disks[0]?.shards[0]?.name ?? '',
  ],
  'the older layer': ([, , three]) => [three?.disks[0]?.layers[0]?.name ?? '', three?.disks[0]?.layers[1]?.name ?? ''],
  'the newer layer': ([, , three]) => [three?.disks[0]?.layers[1]?.name ?? '', three?.disks[0]?.layers[0]?.name ?? ''],
  'the image': ([one]) => [one?.disks[0]?.image.name ?? '', 'other image'],
  'the merged layer': ([one, two]) => [layerOn(one), layerOn(two)],
  'the compaction': ([one]) => [`sysimage/bench/compactions/${compactions()[0]}`, recordOf(one)],
};
const compactions = (): readonly string[] => readdirSync(join(folder, 'shelf/sysimage/bench/compactions'));
function layerOn(base: VersionRecord | undefined): string {
  const layers = `${dirname(base?.disks[0]?.image.name ?? '')}/layers`;
  return `${layers}/${readdirSync(join(folder, 'shelf', layers)).find((name) => name.startsWith(base?.id ?? '?'))}`;
}
const recordOf = (version: VersionRecord | undefined): string => `sysimage/bench/versions/${version?.id}.json`;

async function outcome(what: string, how: Tampering): Promise<string> {
  const bench = new Workbench();
  const shelf = join(folder, 'shelf');
  const target = await openShelf(bench, shelf);
  const disk = new ToyDisk(3 * mebibyte);
  const kept: Kept[] = [];
  for (const round of [1, 2, 3]) kept.push(await backUp(bench, target, disk, round));
  if (['the merged layer', 'the compaction'].includes(what)) {
    kept.push(await backUp(bench, target, disk, 4));
    const [middle] = kept.splice(1, 1);
    await bench.delete(target, [middle?.version.id ?? '']);
  }
  const away = join(folder, 'away');
  const isElsewhere = how === 'swapped' && ['the computer', 'the image'].includes(what);
  const other = isElsewhere
    ? await backUp(bench, await openShelf(bench, away), new ToyDisk(3 * mebibyte, 7), 4, 'other')
    : undefined;
  const [name = '', substitute = ''] = objects[what]?.(kept.map(({ version }) => version)) ?? [];
  const from =
    substitute === 'other image'
      ? join(away, other?.version.disks[0]?.image.name ?? '')
      : join(substitute.startsWith('sysimage/other') ? away : shelf, substitute);
  await tamper(join(shelf, name), how, from);
  const engine = createEngine(bench.services);
  const numbers = (ids: readonly string[]): string =>
    kept.flatMap(({ version: { id } }, i) => (ids.includes(id) ? [i + 1] : [])).join('') || '-';
  const catalog = await engine.computer(target);
  const receipts = await engine.receipts(target, catalog);
  const lost = [...catalog.lost, ...receipts.lost].map(({ id }) => id);
  const words = [`lost ${numbers(lost)}${receipts.touched.length > 0 ? ' touched' : ''}`];
  const verified = await bench.verify(target);
  words.push(
    `verify ${verified.damages.length > 0 ? 'damage' : 'fine'} of ${numbers(verified.damages.flatMap(({ versions }) => versions))}`,
  );
  const restores = async (): Promise<string> => {
    const good: string[] = [];
    for (const { version, bytes } of kept) {
      const found = await bench.restore(target, version.id).catch(() => undefined);
      if (found !== undefined && Buffer.compare(found, bytes) === 0) good.push(version.id);
      else if (found !== undefined && found.length > 0) throw new Error(`${version.id} came back as something else`);
    }
    return numbers(good);
  };
  words.push(`restores ${await restores()}`);
  bench.events.length = 0;
  try {
    kept.push(await backUp(bench, target, disk, 5));
    const said = bench.events.flatMap((event) => (event.event === 'finding' ? [event.finding] : []));
    const grave = [...new Set(said.map(({ policy }) => policy.replace('target/', '')))];
    words.push(`backup ${grave.join(' ') || 'silent'}`, `then ${await restores()}`);
    const later = await bench.verify(target);
    words.push(`verify ${numbers(later.damages.flatMap(({ versions }) => versions))}`);
  } catch (error) {
    words.push(`backup FAILED ${String(error)}`);
  }
  return words.join(', ');
}

const allWell = 'lost -, verify fine of -, restores 123, backup silent, then 1234, verify -';
const recordGone = (left: string): string =>
  `lost -, verify fine of -, restores ${left}, backup silent, then ${left}4, verify -`;
const lostFor = (gone: string, left: string): string =>
  `lost ${gone}, verify damage of ${gone}, restores ${left}, backup lost-version, then ${left}4, verify ${gone}`;
const foundByVerify = (gone: string, left: string, touched = ''): string =>
  `lost -${touched}, verify damage of ${gone}, restores ${left}, backup silent, then ${left}4, verify ${gone}`;
const newImage = 'lost 3, verify damage of 3, restores 12, backup lost-version damaged-image, then 124, verify 3';
const newImageUnforeseen = 'lost -, verify damage of 3, restores 12, backup damaged-image, then 124, verify 3';
const takenBack = 'lost 3 touched, verify damage of -, restores 12, backup lost-version, then 124, verify -';
const imageLost = (touched: string): string =>
  `lost 123${touched}, verify damage of 123, restores -, backup lost-version damaged-image, then 4, verify 123`;

/** What is noticed, at which moment, what can be restored, and what the next backup does. */
const table: Readonly<Record<string, Readonly<Record<Tampering, string>>>> = {
  'the computer': {
    removed: allWell,
    emptied: allWell.replace('fine', 'damage'),
    cut: allWell.replace('fine', 'damage'),
    flipped: allWell.replace('fine', 'damage'),
    swapped: allWell,
    'made a folder': allWell.replace('silent', 'obstructed'),
    touched: allWell,
  },
  // One that is gone is as if it was deleted.
  'the first record': record(recordGone('23'), lostFor('1', '23')),
  'the second record': record(recordGone('13'), lostFor('2', '13')),
  'the newest record': record(takenBack, newImage.replace('lost 3', 'lost 3 touched')),
  'the first allocation map': content(
    lostFor('1', '23'),
    foundByVerify('1', '23'),
    foundByVerify('1', '23', ' touched'),
  ),
  'the newest allocation map': content(newImage, newImageUnforeseen, newImage),
  'the first image map': content(lostFor('1', '23'), foundByVerify('1', '23'), foundByVerify('1', '23', ' touched')),
  'the newest image map': content(newImage, newImageUnforeseen, newImage),
  'the older layer': content(lostFor('1', '23'), foundByVerify('1', '23'), foundByVerify('1', '23', ' touched')),
  'the newer layer': content(lostFor('12', '3'), foundByVerify('12', '3'), lostFor('12', '3')),
  'the image': {
    removed: imageLost(''),
    emptied: imageLost(' touched'),
    cut: imageLost(' touched'),
    flipped: 'lost - touched, verify damage of 23, restores 1, backup damaged-image, then 14, verify 23',
    swapped: 'lost - touched, verify damage of 123, restores -, backup damaged-image, then 4, verify 123',
    'made a folder': imageLost(''),
    touched: allWell.replace('lost -', 'lost - touched'),
  },
  'the merged layer': content(lostFor('1', '23'), foundByVerify('1', '23'), lostFor('1', '23')),
  'the compaction': record(lostFor('1', '23'), lostFor('1', '23')),
};

/** Of a record: when it is gone, and when it cannot be believed. */
function record(gone: string, bad: string): Readonly<Record<Tampering, string>> {
  return { removed: gone, emptied: bad, cut: bad, flipped: bad, swapped: bad, 'made a folder': gone, touched: allWell };
}

/** Of other objects: when they are not there or too short, when they hold something else, and when another one is there. */
function content(short: string, other: string, swapped: string): Readonly<Record<Tampering, string>> {
  return {
    removed: short,
    emptied: short,
    cut: short,
    flipped: other,
    swapped,
    'made a folder': short,
    touched: allWell,
  };
}

for (const [what, expected] of Object.entries(table))
  test.each(tamperings)(`${what} is %s`, async (how) => expect(await outcome(what, how)).toBe(expected[how]));

test('an old system that removes all shadow storage costs the older versions only', async () => {
  const disk = new ToyDisk(3 * mebibyte);
  const [source, shelf, restored] = ['disk.img', 'shelf', 'restored.img'].map((name) => join(folder, name));
  if (source === undefined || shelf === undefined || restored === undefined) throw new Error('there is no folder');
  const backUpNow = async (round: number): Promise<unknown> => {
    change(disk, round);
    await writeFile(source, disk.bytes);
    return sysimageHere('backup', '--disk', source, '--to', `dir:${shelf}`, '--computer', 'desk', '--json');
  };
  const restoreLatest = async (): Promise<Uint8Array> => {
    await rm(restored, { force: true });
    await sysimageHere('restore', 'latest', '--from', `dir:${shelf}`, '--disk', restored);
    return readFile(restored);
  };
  const states = async (): Promise<readonly unknown[]> =>
    listAt(await sysimageHere('versions', '--from', `dir:${shelf}`, '--json'), 'versions').map((version) => [
      at(version, 'state'),
      at(version, 'reason'),
    ]);
  for (const round of [1, 2, 3]) await backUpNow(round);
  const computer = join(shelf, 'sysimage', 'desk');
  const folders = (await readdir(computer)).filter((name) => name.startsWith('disk-'));
  for (const name of folders) await rm(join(computer, name, 'layers'), { recursive: true });
  const missing = ['lost', expect.stringContaining('.layer is missing')];
  expect(await states()).toEqual([missing, missing, ['complete', undefined]]);
  expect(Buffer.compare(await restoreLatest(), disk.canonical())).toBe(0);
  const result = await backUpNow(5);
  expect(
    listAt(result, 'version', 'findings').filter((finding) => at(finding, 'policy') === 'target/lost-version'),
  ).toHaveLength(2);
  expect((await states()).map((state) => at(state, 0))).toEqual(['lost', 'lost', 'complete', 'complete']);
  expect(Buffer.compare(await restoreLatest(), disk.canonical())).toBe(0);
});
