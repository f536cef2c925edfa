import { afterAll, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  copyImage,
  fsck,
  hashTree,
  makeDisk,
  makeScratch,
  noise,
  run,
  sameBytes,
  withVolume,
  type Disk,
} from '@sysimage/fixtures';
import {
  assertNothingInvented,
  lookAt,
  mountAgain,
  mountExt4,
  startSysimage,
  succeed,
  sysimageHere,
  textAt,
  unmount,
  withReadOnlyView,
  type TargetState,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** Where a run stood when it was killed, told from what it left. */
type Phase = 'before the mark' | 'marked' | 'batches' | 'maps' | 'committed' | 'done';
const phases: readonly Phase[] = ['before the mark', 'marked', 'batches', 'maps', 'committed', 'done'];

function phaseOf(now: TargetState, base: TargetState): Phase {
  if (now.versions > base.versions) return now.marks > 0 ? 'committed' : 'done';
  if (now.marks === 0) return 'before the mark';
  if (now.maps > base.maps) return 'maps';
  return now.layerBytes > mebi ? 'batches' : 'marked';
}

interface Moment {
  readonly when: string;
  /** It passes so quickly that it may be missed: then it is tried again. */
  readonly phase?: Phase;
  readonly come: (now: TargetState, base: TargetState, end: TargetState) => boolean;
}

const layerAt = (share: number): Moment => ({
  when: `${share * 100} % of the layer are there`,
  come: (now, _, end) => now.layerBytes >= share * end.layerBytes,
});

/** In the order in which they come. */
const moments: readonly Moment[] = [
  { when: 'it has the lease', come: (now) => now.leases > 0 },
  { when: 'the layer is made', come: (now) => now.layers > 0 },
  { when: 'the layer has its first batch', come: (now) => now.layerBytes > 512 },
  { when: 'the mark is there', come: (now) => now.marks > 0 },
  { when: 'the image is cut', come: (now, base) => now.imageBytes !== base.imageBytes },
  ...[0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95].map(layerAt),
  { when: 'the image has its new length', come: (now, _, end) => now.imageBytes === end.imageBytes },
  { when: 'the layer is sealed', come: (now, _, end) => now.layerBytes === end.layerBytes },
  { when: 'the first map is there', come: (now, base) => now.maps > base.maps },
  { when: 'all maps are there', come: (now, _, end) => now.maps === end.maps },
  { when: 'the record is there', phase: 'committed', come: (now, base) => now.versions > base.versions },
  { when: 'the mark is gone again', come: (now, base) => now.versions > base.versions && now.marks === 0 },
];

const files = [1, 2, 3, 4].map((number) => `big ${number}.bin`);

/** One volume, with files large enough for several batches. */
async function makeSource(): Promise<Disk> {
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 64 * mebi,
    partitions: [{ type: 'ext4', label: 'data' }],
  });
  await withVolume(disk, 1, async (folder) => {
    for (const name of files) await writeFile(join(folder, name), noise(name, 9 * mebi));
  });
  return disk;
}

/** Three files change where they lie, one goes, and what comes may take its place. */
async function live(disk: Disk): Promise<ReadonlyMap<string, string>> {
  return withVolume(disk, 1, async (folder) => {
    const [gone = '', ...rest] = files;
    for (const name of rest) await writeFile(join(folder, name), noise(`new ${name}`, 9 * mebi), { flag: 'r+' });
    await rm(join(folder, gone));
    await run('sync', '--file-system', folder);
    await writeFile(join(folder, 'other.bin'), noise('other', 12 * mebi));
    return hashTree(folder);
  });
}

const backUpTo = (disk: Disk, target: string): readonly string[] => [
  'backup',
  '--disk',
  disk.path,
  '--to',
  `dir:${target}`,
  '--computer',
  'pc',
  '--json',
];

async function restoreTo(copy: string, target: string, version: string): Promise<void> {
  await sysimageHere('restore', version, '--from', `dir:${target}`, '--disk', copy);
}

/** Restores to a new file, compares that, and removes it. */
async function assertRestores(target: string, version: string, copy: string): Promise<void> {
  const restored = `${copy}-again`;
  await restoreTo(restored, target, version);
  await sameBytes(restored, copy);
  await rm(restored);
}

/** Kills a backup at the moment, and tells how far it was. Without the moment it comes to its end. */
async function killAt({ come }: Moment, command: readonly string[], target: string, end: TargetState): Promise<Phase> {
  const base = lookAt(target, 'pc');
  await using backup = startSysimage(...command);
  await backup.begun;
  let over = false;
  void backup.ended.then(() => (over = true));
  while (!over && !come(lookAt(target, 'pc'), base, end)) await setTimeout(1);
  backup.kill();
  await backup.ended;
  return phaseOf(lookAt(target, 'pc'), base);
}

test('killed at any moment: the older version restores at once, and the next backup puts all in order', async () => {
  const disk = await makeSource();
  const [one, two] = [scratch.at('one.img'), scratch.at('two.img')];
  const [pristine, target] = [scratch.at('pristine'), scratch.at('target')];
  await mountExt4(pristine, 144 * mebi);
  const { result } = await succeed(...backUpTo(disk, pristine));
  const first = textAt(result, 'version', 'id');
  await restoreTo(one, pristine, first);
  await assertNothingInvented(one, disk.path);
  await unmount(pristine);
  const withTarget = async (work: () => Promise<void>): Promise<void> => {
    await copyImage(`${pristine}.ext4`, `${target}.ext4`);
    await mountAgain(target);
    await work();
    await unmount(target);
  };
  const tree = await live(disk);

  // A whole run, to know where it leads.
  let end = lookAt(target, 'pc');
  await withTarget(async () => {
    await succeed(...backUpTo(disk, target));
    end = lookAt(target, 'pc');
    await restoreTo(two, target, 'latest');
  });
  await assertNothingInvented(two, disk.path);
  await fsck({ ...disk, path: two }, 1);
  expect(await withVolume({ ...disk, path: two }, 1, hashTree, { readOnly: true })).toEqual(tree);

  const hit: Phase[] = [];
  const killAndGoOn = async (moment: Moment): Promise<void> =>
    withTarget(async () => {
      hit.push(await killAt(moment, backUpTo(disk, target), target, end));
      await withReadOnlyView(target, (view) => assertRestores(view, first, one));
      await sysimageHere(...backUpTo(disk, target));
      await assertRestores(target, first, one);
      await assertRestores(target, 'latest', two);
      const after = lookAt(target, 'pc');
      expect(after).toMatchObject({ leases: 0, marks: 0, layers: after.versions - 1, imageBytes: end.imageBytes });
    });
  for (const moment of moments) {
    await killAndGoOn(moment);
    const { phase } = moment;
    for (let again = 0; phase !== undefined && !hit.includes(phase) && again < 4; again += 1) await killAndGoOn(moment);
  }
  expect(hit.length).toBeGreaterThanOrEqual(20);
  for (const phase of phases) expect(hit).toContain(phase);
  expect(hit.filter((phase) => phase === 'batches').length).toBeGreaterThanOrEqual(4);
}, 240_000);
