import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import fc from 'fast-check';
import type { DiskSource, MappedVolume } from '../../src/contract/source.js';
import { diskFacts, knownDisk } from '../../src/flow/disk-facts.js';
import { describeDisk } from '../../src/flow/inspect-disk.js';
import type { KnownDisk } from '../../src/flow/inspected-disks.js';
import { seeDisk, type SeenFileSystem } from '../../src/flow/see-disk.js';
import { grainSize } from '../../src/image/grain.js';
import { diskFactsSchema, type DiskFacts } from '../../src/model/disk-facts.js';
import { diskAllocation } from '../../src/plan/disk-allocation.js';
import { mbrDisk, mebibyte, putExt, sourceOf } from '../small-disk.js';

/** Through JSON, as a file would have it. */
function written(known: KnownDisk, snapshots: DiskFacts['snapshots'] = []): KnownDisk {
  return knownDisk(diskFactsSchema.parse(JSON.parse(JSON.stringify(diskFacts(known, snapshots)))));
}

/** Grains that a version of a disk would hold. */
function grainsOf(known: KnownDisk, leaveOut: readonly string[]): readonly unknown[] {
  const { layout, tables, volumeMaps } = describeDisk(known.source, known.seen, { leaveOut });
  return [...diskAllocation(layout, tables, volumeMaps, { gaps: false }).allocated.alignOut(grainSize)];
}

test('a disk that was written down is the same disk, but that nobody can read it', async () => {
  const bytes = mbrDisk(8 * mebibyte, { start: 2048, count: 12_288 });
  putExt(bytes, 2048 * 512, 6 * mebibyte);
  const source = sourceOf(bytes, {
    model: 'M',
    physicalDisks: [{ id: 'a', name: '/dev/a', dynamic: 'no' }],
    mounts: [{ offset: 2048 * 512, mountPoint: '/x', readOnly: true, fileSystem: 'f' }],
  });
  const known = { source, seen: await seeDisk(source) };
  const again = written(known);
  const describe = (disk: KnownDisk): object => describeDisk(disk.source, disk.seen, {}).layout;
  // The map is by grains now.
  const { volumes, ...layout }: { volumes?: object } = describe(known);
  expect(JSON.parse(JSON.stringify(describe(again)))).toMatchObject(JSON.parse(JSON.stringify(layout)));
  expect(volumes).toMatchObject([{ copied: 'used', usedBytes: 8 * 4096 }]);
  expect(describe(again)).toMatchObject({ volumes: [{ copied: 'used', mountPoint: '/x', usedBytes: grainSize }] });
  expect(grainsOf(again, [])).toEqual(grainsOf(known, []));
  const { path, kind, size: whole, sectorSize, model, mounts, physicalDisks } = source;
  expect(again.source).toMatchObject({ path, kind, size: whole, sectorSize, model, mounts, physicalDisks });
  await expect(again.source.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'unsupported' });
  await expect(again.source.close()).resolves.toBeUndefined();
  // What a source has beside the facts stays out of it.
  expect(JSON.stringify(diskFacts(known, []))).not.toContain('reads');
});

const size = 64 * grainSize;
const ranges = fc
  .array(fc.tuple(fc.nat(size), fc.nat(size / 4)), { maxLength: 6 })
  .map((all) => ExtentSet.from(all.map(([start, length]) => ({ start, end: start + length }))));

function fileSystem(type: string, changes: Partial<SeenFileSystem>): SeenFileSystem {
  const nothing = { label: undefined, id: undefined, stateReason: undefined, unitSize: 4096, size: undefined };
  const state = { state: 'clean', trueWhenFrozen: false, noMapReason: undefined } as const;
  return { ...nothing, ...state, type, allocated: undefined, optional: [], ...changes };
}

/** One partition that begins and ends anywhere, in a grain or between two. */
function diskWith(start: number, length: number, seen: SeenFileSystem, mapped: readonly MappedVolume[]): KnownDisk {
  const source: DiskSource = {
    ...sourceOf(new Uint8Array(0)),
    kind: 'device',
    size,
    ...(mapped.length === 0 ? {} : { mapped }),
  };
  const inside = fileSystem('ext4', { allocated: seen.allocated });
  return {
    source,
    seen: {
      scheme: 'mbr',
      id: undefined,
      partitions: [{ index: 1, start, size: length, type: '83', active: false, kind: 'primary' }],
      tables: ExtentSet.of({ start: 0, end: 512 }),
      problems: [],
      dynamic: undefined,
      fileSystems: new Map([[1, seen]]),
      mapped: new Map(mapped.map(({ path }) => [path, inside])),
    },
  };
}

const places = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 300, max: size / 512 - 1000 }));

test('of a partition wherever it lies, the same grains are taken, whatever is left out', () => {
  fc.assert(
    fc.property(places, ranges, ranges, fc.boolean(), ([first, count], used, pages, leaves) => {
      const [start, length] = [first * 512, count * 512];
      const allocated = used.clip(0, length);
      const extents = pages.intersect(allocated);
      const ntfs = fileSystem('ntfs', { allocated, optional: [{ name: 'pagefile', extents, overwrite: [] }] });
      const known = diskWith(start, length, ntfs, []);
      const leaveOut = leaves ? ['pagefile'] : [];
      expect(grainsOf(written(known), leaveOut)).toEqual(grainsOf(known, leaveOut));
    }),
  );
});

test('what a reader tells of a file system that no plan goes by stays out of the document', () => {
  const pool = { id: 'x', members: 2 };
  const known = diskWith(512, mebibyte, fileSystem('ntfs', { canHaveHoles: true, pool }), []);
  expect(written(known).seen.fileSystems.get(1)).toEqual(fileSystem('ntfs', { pool }));
});

test('of logical volumes in several runs too', () => {
  fc.assert(
    fc.property(places, ranges, fc.nat(100), ([first, count], used, cut) => {
      const [start, length] = [first * 512, count * 512];
      const half = Math.floor(count / 2) * 512;
      const volume: MappedVolume = {
        path: '/dev/vg/x',
        size: half,
        fileSystem: 'f',
        places: [
          { at: 0, length: cut * 512, start: start + half },
          { at: cut * 512, length: half - cut * 512, start },
        ],
      };
      const lvm = fileSystem('lvm', { state: 'unknown', allocated: used.clip(0, half) });
      const known = diskWith(start, length, lvm, [volume]);
      expect(grainsOf(written(known), [])).toEqual(grainsOf(known, []));
    }),
  );
});

test.each<[string, (facts: DiskFacts) => void, RegExp]>([
  ['a size of half a sector', (facts) => void (facts.size += 256), /no number of sectors/u],
  [
    'a partition beyond its end',
    ({ partitions: [first] }) => void (first && (first.size = size)),
    /a partition reaches/u,
  ],
  ['a table beyond its end', ({ tables }) => void tables.push({ start: 0, end: size + 1 }), /a table reaches/u],
  ['a volume beyond its end', ({ mapped: [one] = [] }) => void (one && (one.size = 1)), /a volume reaches/u],
])('%s is refused', (_what, change, words) => {
  const volume = { path: 'v', size: 512, fileSystem: 'f', places: [{ at: 0, length: 512, start: 512 }] };
  const facts = diskFacts(diskWith(512, 4096, fileSystem('lvm', {}), [volume]), []);
  expect(diskFactsSchema.safeParse(JSON.parse(JSON.stringify(facts))).success).toBe(true);
  change(facts);
  expect(diskFactsSchema.safeParse(JSON.parse(JSON.stringify(facts))).error?.message).toMatch(words);
});
