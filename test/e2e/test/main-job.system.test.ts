import { afterAll, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { allocatedBytes, judgeImage, makeScratch, run, sameBytes, type DiskSpec } from '@sysimage/fixtures';
import {
  assertNothingInvented,
  assertSound,
  changedGrains,
  compareWhereWritten,
  freeTheTrap,
  grain,
  listAt,
  mountExt4,
  mountTmpfs,
  numberAt,
  paint,
  readTrees,
  reusedGrains,
  settle,
  springTheTrap,
  succeed,
  succeedHere,
  textAt,
  usedBytes,
  type Ended,
  type Life,
  type Trees,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

interface Case {
  readonly table: DiskSpec['table'];
  readonly spec: DiskSpec;
  readonly life: Life;
  readonly total: number;
  readonly mountTarget: (folder: string, size: number) => Promise<void>;
}

const cases: readonly Case[] = [
  {
    table: 'gpt',
    spec: {
      table: 'gpt',
      size: 240 * mebi,
      partitions: [
        { type: 'fat32', size: 48 * mebi, label: 'ESP', tableType: 'U' },
        { type: 'ntfs', size: 88 * mebi, label: 'Windows' },
        { type: 'ext4', label: 'home' },
      ],
    },
    life: { files: 500, largest: mebi, trap: 8 * mebi },
    total: 1100,
    mountTarget: mountExt4,
  },
  {
    table: 'mbr',
    spec: {
      table: 'mbr',
      size: 140 * mebi,
      partitions: [
        { type: 'fat32', size: 40 * mebi, label: 'BOOT', active: true },
        { type: 'ntfs', size: 48 * mebi, label: 'Windows' },
        { type: 'ext4', label: 'home' },
      ],
    },
    life: { files: 200, largest: mebi, trap: 6 * mebi },
    total: 440,
    mountTarget: mountTmpfs,
  },
];

test.each(cases)(
  'three versions of a lived-in disk, each restorable, in an image that others read: $table',
  async ({ table, spec, life, total, mountTarget }) => {
    const at = (name: string): string => scratch.at(`${table}-${name}`);
    await mountTarget(at('target'), 640 * mebi);
    const target = `dir:${at('target')}`;
    const { disk, trees } = await settle(at('disk.img'), spec, life);
    const kept: { id: string; copy: string; trees: Trees }[] = [];
    const backUp = async (now: Trees): Promise<Ended> => {
      const backup = await succeed('backup', '--disk', disk.path, '--to', target, '--computer', 'Home PC', '--json');
      const copy = at(`copy-${kept.length + 1}.img`);
      await succeedHere('restore', 'latest', '--from', target, '--disk', copy);
      await assertNothingInvented(copy, disk.path);
      kept.push({ id: textAt(backup.result, 'version', 'id'), copy, trees: now });
      return backup;
    };
    const changedBytes = ({ result }: Ended): number => numberAt(result, 'version', 'disks', 0, 'changedBytes');
    expect([...trees.values()].reduce((sum, tree) => sum + tree.size, 0)).toBeGreaterThan(total);

    // The first version: every byte of the image is known, and nothing but what is in use is in it.
    const first = await backUp(trees);
    const image = join(at('target'), textAt(first.result, 'version', 'disks', 0, 'image'));
    const [one] = kept;
    await judgeImage(image, one?.copy ?? '');
    const used = await usedBytes(one?.copy ?? '');
    expect(await allocatedBytes(image)).toBeLessThanOrEqual(used * 1.03);

    const second = await backUp(await freeTheTrap(disk, life));
    const third = await backUp(await springTheTrap(disk, life));
    const [, two, three] = kept;
    const copies = [one?.copy ?? '', two?.copy ?? '', three?.copy ?? ''] as const;

    // Only what changed is written, twice at most: to the layer what was there, to the image what is new.
    for (const [backup, older, newer] of [
      [second, copies[0], copies[1]],
      [third, copies[1], copies[2]],
    ] as const) {
      const changed = await changedGrains(older, newer);
      expect(changedBytes(backup)).toBeLessThanOrEqual(changed.all * grain);
      expect(changedBytes(backup)).toBeGreaterThan(changed.filled * grain * 0.9);
      expect(backup.written).toBeLessThanOrEqual(2 * changedBytes(backup) + 2 * mebi);
      expect(backup.written).toBeGreaterThan(changedBytes(backup));
    }

    // Space that was freed and taken again, on the volumes that the kernel or FUSE fills.
    for (const partition of disk.partitions.filter(({ type }) => type !== 'fat32')) {
      expect(await reusedGrains(copies, partition)).toBeGreaterThan(20);
    }

    // All versions are still what they were.
    const { result: listed } = await succeedHere('versions', '--from', target, '--json');
    expect(listAt(listed, 'versions')).toMatchObject(
      kept.map(({ id }) => ({ id, state: 'complete', computer: 'Home PC' })),
    );
    for (const { id, copy, trees: then } of kept) {
      const restored = `${copy}-again`;
      await succeedHere('restore', id, '--from', target, '--disk', `0=${restored}`);
      await sameBytes(restored, copy);
      await assertSound({ ...disk, path: restored });
      expect(await readTrees({ ...disk, path: restored })).toEqual(then);
    }

    // The newest is in the image as it stands, and QEMU, 7-Zip and libvhdi agree about every byte.
    const painted = at('painted.img');
    await paint(painted, disk.size);
    await succeed('restore', 'latest', '--from', target, '--disk', painted, '--recreate-disks', '--yes');
    const seen = at('seen.img');
    await run('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', image, seen);
    await judgeImage(image, seen);
    const written = await compareWhereWritten(seen, copies[2], painted);
    expect(written).toBe(numberAt(third.result, 'version', 'disks', 0, 'allocatedBytes'));
    expect((await stat(copies[2])).size).toBe(disk.size);
  },
  180_000,
);
