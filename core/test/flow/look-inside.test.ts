import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import type { FileSystem } from '@sysimage/filesystems';
import type { DiskSource, MappedVolume } from '../../src/contract/source.js';
import { lookInside, lookInto, mappedIn, readPlaces } from '../../src/flow/look-inside.js';

const mebi = 1024 * 1024;
const range = { start: 10 * mebi, size: 100 * mebi, type: 'lvm' };

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
  expect([...(inside.map ?? [])]).toEqual([...whole.subtract(ExtentSet.of(...unused))]);
  expect(inside.volumes).toEqual([
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
  const all = { map: undefined, wholeReason: `${cut.path}: some of it lies in another partition` };
  expect(look(outside, fileSystem(used))).toMatchObject(all);
  expect(look(cut, fileSystem(used), 'mounted for writing')).toMatchObject({ map: undefined });
  expect(look(cut, undefined)).toMatchObject({ map: undefined, wholeReason: `${cut.path}: no known file system` });
  expect(look(cut, fileSystem(undefined))).toMatchObject({
    map: undefined,
    wholeReason: `${cut.path}: no map today`,
  });
  const other = { ...cut, path: '/dev/mapper/other', places: [{ at: 0, length: cut.size, start: 70 * mebi }] };
  const found = new Map([cut, other].map(({ path }) => [path, fileSystem(used)]));
  const both = lookInside(diskWith(cut, other), range, found, (_, { path }) =>
    path === cut.path ? 'journal needs recovery' : undefined,
  );
  expect(both.volumes).toMatchObject([
    { copied: 'whole', wholeReason: 'journal needs recovery', usedBytes: cut.size },
    { copied: 'used' },
  ]);
  expect(both.map?.covers(20 * mebi, 52 * mebi)).toBe(true);
});

test('of volumes of which nobody knows where they lie, it is told why; without any, what must be done first', () => {
  const whyNot = 'it is degraded';
  const elsewhere = { path: '/dev/md1', size: mebi, start: 0, whyNot };
  const source = { ...diskWith(cut), unmapped: [{ ...elsewhere, path: '/dev/md0', start: range.start }, elsewhere] };
  const used = ExtentSet.of({ start: 0, end: mebi });
  const { volumes, map } = lookInside(source, range, new Map([[cut.path, fileSystem(used)]]), () => undefined);
  expect(volumes.slice(1)).toEqual([
    { path: '/dev/md0', size: mebi, copied: 'whole', wholeReason: whyNot, usedBytes: mebi },
  ]);
  expect(map?.covers(40 * mebi, 41 * mebi)).toBe(true);
  const none = (type: string): unknown => lookInside(diskWith(), { ...range, type }, new Map(), () => undefined);
  expect(none('luks')).toEqual({ volumes: [], map: undefined, wholeReason: 'it is locked' });
  expect(none('lvm')).toMatchObject({ wholeReason: 'none of its volumes is active' });
  expect(none('md')).toMatchObject({ wholeReason: 'its array does not run' });
});

/** A volume that is encrypted: what is seen of it lies nowhere on the disk. */
function encrypted(content: Uint8Array): MappedVolume {
  return {
    path: '/dev/mapper/locked',
    size: content.length,
    fileSystem: 'file-system:253:1',
    places: [{ at: 0, length: content.length, start: 30 * mebi }],
    read: async (offset, into) => into.set(content.subarray(offset, offset + into.length)),
  };
}

/** FAT12 of 8 MiB with one cluster in use. */
function fat(): Uint8Array {
  const bytes = new Uint8Array(8 * mebi);
  bytes.set([0xeb, 0x3c, 0x90, ...Buffer.from('mkfs.fat'), 0, 2, 8, 1, 0, 1, 32, 0, 0, 64, 0xf8, 6, 0]);
  bytes.set([0x55, 0xaa], 510);
  // The table: media, end of chain, and one cluster.
  bytes.set([0xf8, 0xff, 0xff, 0xff, 0x0f], 512);
  return bytes;
}

test('what is encrypted is read through itself, and taken with all that is encrypted with it', async () => {
  const content = fat();
  const volume = encrypted(content);
  const source = diskWith(volume);
  expect([...(await readPlaces(source, volume, 510, 2))]).toEqual([0x55, 0xaa]);
  const plain: DiskSource = {
    ...source,
    read: async (offset, into) => into.set(content.subarray(offset - 30 * mebi, offset - 30 * mebi + into.length)),
  };
  const { path, size, fileSystem: id, places } = volume;
  const exact = [...((await lookInto(plain, { path, size, fileSystem: id, places }))?.allocated ?? [])];
  const found = [...((await lookInto(source, volume))?.allocated ?? [])];
  // Boot sector, table and root folder, and the cluster after these.
  expect(exact[0]).toEqual({ start: 0, end: 9 * 512 + 8 * 512 });
  expect(found[0]).toEqual({ start: 0, end: 12_288 });
});
