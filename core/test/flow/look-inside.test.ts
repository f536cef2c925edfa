import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import type { FileSystem } from '@sysimage/filesystems';
import type { DiskSource, MappedVolume } from '../../src/contract/source.js';
import { lookInside, mappedIn, readPlaces } from '../../src/flow/look-inside.js';

const mebi = 1024 * 1024;
const range = { start: 10 * mebi, size: 100 * mebi };

/** In two runs, the second of which lies before the first on the disk. */
const cut: MappedVolume = {
  path: '/dev/mapper/office-cut',
  size: 20 * mebi,
  fileSystem: 'file-system:253:0',
  places: [
    { at: 0, length: 12 * mebi, start: 40 * mebi },
    { at: 12 * mebi, length: 8 * mebi, start: 20 * mebi },
  ],
};

function diskWith(...mapped: readonly MappedVolume[]): DiskSource {
  return {
    path: 'disk',
    kind: 'device',
    size: 200 * mebi,
    sectorSize: 512,
    mounts: [],
    mapped,
    // Every byte tells in which MiB of the disk it lies.
    read: async (offset, into) => into.set(into.map((_, i) => Math.floor((offset + i) / mebi))),
    close: () => Promise.resolve(),
  };
}

function fileSystem(allocated: ExtentSet | undefined): FileSystem {
  return {
    type: 'ext4',
    label: undefined,
    id: undefined,
    state: 'clean',
    stateReason: undefined,
    trueWhenFrozen: false,
    unitSize: 4096,
    size: undefined,
    allocated,
    noMapReason: allocated === undefined ? 'no map today' : undefined,
    optional: [],
  };
}

test('what a volume does not use is left out wherever it lies, and nothing else is', () => {
  const used = ExtentSet.of({ start: 2 * mebi, end: 3 * mebi }, { start: 11 * mebi, end: 14 * mebi });
  const inside = lookInside(diskWith(cut), range, new Map([[cut.path, fileSystem(used)]]), () => undefined);
  const unused = [
    // Of the first run, but for its first 64 KiB.
    { start: 40 * mebi + 65_536, end: 42 * mebi },
    { start: 43 * mebi, end: 51 * mebi },
    // Of the second, but for the last MiB of the volume.
    { start: 22 * mebi, end: 27 * mebi },
  ];
  const whole = ExtentSet.of({ start: 10 * mebi, end: 110 * mebi });
  expect([...(inside?.map ?? [])]).toEqual([...whole.subtract(ExtentSet.of(...unused))]);
  expect(inside?.volumes).toEqual([
    { path: cut.path, size: cut.size, fileSystem: 'ext4', copied: 'used', usedBytes: 5 * mebi + 65_536 },
  ]);
});

test('its bytes are read from where they lie', async () => {
  const bytes = await readPlaces(diskWith(cut), cut, 12 * mebi - 1, 2);
  expect([...bytes]).toEqual([51, 20]);
});

test('a volume that lies elsewhere too, is not put away, or cannot be read is taken whole', () => {
  const used = ExtentSet.of({ start: 0, end: mebi });
  const outside = {
    ...cut,
    places: [...cut.places.slice(0, 1), { at: 12 * mebi, length: 8 * mebi, start: 105 * mebi }],
  };
  const look = (volume: MappedVolume, found: FileSystem | undefined, why?: string): ReturnType<typeof lookInside> =>
    lookInside(diskWith(volume), range, new Map(found === undefined ? [] : [[volume.path, found]]), () => why);
  expect(mappedIn(diskWith(outside), range)).toEqual([]);
  expect(look(outside, fileSystem(used))).toBeUndefined();
  expect(look(cut, fileSystem(used), 'mounted for writing')).toBeUndefined();
  expect(look(cut, undefined)).toBeUndefined();
  expect(look(cut, fileSystem(undefined))).toBeUndefined();
  const other = { ...cut, path: '/dev/mapper/other', places: [{ at: 0, length: cut.size, start: 70 * mebi }] };
  const found = new Map([cut, other].map(({ path }) => [path, fileSystem(used)]));
  const both = lookInside(diskWith(cut, other), range, found, (_, { path }) =>
    path === cut.path ? 'journal needs recovery' : undefined,
  );
  expect(both?.volumes).toMatchObject([
    { copied: 'whole', wholeReason: 'journal needs recovery', usedBytes: cut.size },
    { copied: 'used' },
  ]);
  expect(both?.map.covers(20 * mebi, 52 * mebi)).toBe(true);
});
