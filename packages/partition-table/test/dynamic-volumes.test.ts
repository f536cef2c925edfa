import { expect, test } from '@jest/globals';
import {
  type DiskBytes,
  dynamicDiskId,
  dynamicGroup,
  everyVolume,
  dynamicGroupId,
  sealDynamicHeader,
  dynamicVolumeId,
} from '@sysimage/fixtures';
import {
  assembleDynamicGroup,
  readDynamicDatabase,
  readDynamicDisk,
  readPartitionTable,
  type DynamicDatabase,
  type DynamicGroup,
} from '../src/index.js';

const sectors = 32_768;
const database = (sectors - 2048) * 512;
const records = database + 17 * 512;

function member(): DiskBytes {
  const [first] = dynamicGroup({ scheme: 'mbr', disks: 3, sectors, volumes: everyVolume });
  if (first === undefined) throw new Error('no disk');
  return first;
}

async function databaseOf({ read, bytes }: DiskBytes): Promise<DynamicDatabase> {
  const header = await readDynamicDisk(read, await readPartitionTable(read, { size: bytes.length, sectorSize: 512 }));
  if (header === undefined) throw new Error('no dynamic disk');
  return readDynamicDatabase(read, header, 512);
}

async function groupOf(made: DiskBytes): Promise<DynamicGroup> {
  return assembleDynamicGroup(await databaseOf(made), 512);
}

test('a group names its disks and volumes, and where each part of them lies', async () => {
  const made = member();
  expect(await databaseOf(made)).toMatchObject({
    groupId: dynamicGroupId,
    groupName: 'SERVER-Dg0',
    sequence: 2,
    problems: [],
  });
  const { disks, volumes } = await groupOf(made);
  expect(disks).toEqual([0, 1, 2].map((i) => ({ id: dynamicDiskId(i), name: `Disk${i + 1}` })));
  expect(volumes.map(({ kind }) => kind)).toEqual(everyVolume.map(({ kind }) => kind));
  const kib = 1024;
  expect(volumes[1]).toEqual({
    id: dynamicVolumeId(1),
    name: 'Volume2',
    kind: 'spanned',
    size: 7168 * kib,
    partitionType: 7,
    hint: 'D:',
    components: [
      {
        layout: 'concatenated',
        stripe: undefined,
        parts: [
          { disk: dynamicDiskId(0), start: 4096 * kib, size: 4096 * kib },
          { disk: dynamicDiskId(1), start: 0, size: 2048 * kib },
          { disk: dynamicDiskId(0), start: 8192 * kib, size: 1024 * kib },
        ],
      },
    ],
  });
  expect(volumes[3]?.components.map(({ parts }) => parts.map(({ disk }) => disk))).toEqual([
    [dynamicDiskId(0)],
    [dynamicDiskId(2)],
  ]);
  expect(volumes[4]).toMatchObject({
    size: 4096 * kib,
    components: [{ layout: 'raid5', stripe: 64 * kib, parts: [0, 1, 2].map((i) => ({ disk: dynamicDiskId(i) })) }],
  });
});

test('of four tables of contents one is enough, and what is broken is said', async () => {
  const made = member();
  const places = [1, 2, 2045, 2046].map((sector) => database + sector * 512);
  for (const at of places.slice(0, 3)) made.bytes[at] = 0;
  expect((await databaseOf(made)).problems).toEqual([expect.stringContaining('a copy is used')]);
  made.bytes[places[3] ?? 0] = 0;
  await expect(databaseOf(made)).rejects.toMatchObject({ code: 'corrupt', offset: places[0] });
});

test('what is being changed, and counts that do not fit, are said', async () => {
  const made = member();
  made.view.setUint16(records + 16, 2);
  made.view.setUint16(records + 512 + 16, 1);
  made.view.setUint32(records + 133, 4);
  expect((await databaseOf(made)).problems).toEqual([
    'the group was being changed',
    expect.stringContaining('was being changed'),
    '5 records of kind volume are there, 4 are counted',
  ]);
});

test.each<readonly [string, (made: DiskBytes) => void, 'corrupt' | 'unsupported']>([
  ['no signature', ({ bytes }) => bytes.fill(0, records, records + 4), 'corrupt'],
  ['another version', ({ view }) => view.setUint16(records + 18, 5), 'unsupported'],
  ['another group', ({ bytes }) => bytes.fill(0x31, records + 53, records + 60), 'corrupt'],
  ['blocks of one byte', ({ view }) => view.setUint32(records + 8, 1), 'corrupt'],
  ['a piece of a record is missing', ({ view }) => view.setUint16(records + 512 + 14, 2), 'corrupt'],
  ['a piece twice', ({ view }) => view.setUint32(records + 512 + 128 + 8, 4), 'corrupt'],
  [
    'records behind the database',
    (made) => {
      for (const sector of [1, 2, 2045, 2046]) {
        const at = database + sector * 512;
        made.view.setBigUint64(at + 36 + 18, 2040n);
        sealDynamicHeader(made, at);
      }
    },
    'corrupt',
  ],
  // The key of the first disk becomes another one, so that parts lie on a disk that is not there.
  ['a disk that is not there', ({ view }) => view.setUint8(records + 512 + 128 + 25, 99), 'corrupt'],
])('%s is a clear error', async (_, spoil, code) => {
  const made = member();
  spoil(made);
  await expect(groupOf(made)).rejects.toMatchObject({ code });
});

test.each([
  ['a volume with a component too few', 'component', 'components'],
  ['a component with a part too few', 'part', 'parts'],
  ['parts of nothing', 'volume', 'belongs to'],
] as const)('%s is corrupt', async (_, missing, words) => {
  const { records: all } = await databaseOf(member());
  const at = all.findIndex(({ record }) => record === missing);
  expect(() => assembleDynamicGroup({ records: all.toSpliced(at, 1) }, 512)).toThrow(words);
});

test.each([
  ['a gap between parts', { record: 'part', offset: 1 }],
  ['a part out of range', { record: 'part', start: Number.MAX_SAFE_INTEGER - 8192 }],
  ['a volume larger than its parts', { record: 'volume', size: 2 ** 40 }],
  ['a volume out of range', { record: 'volume', size: 2 ** 52 }],
] as const)('%s is corrupt', async (_, change) => {
  const { records: all } = await databaseOf(member());
  const at = all.findIndex(({ record }) => record === change.record);
  const spoiled = all.map((record, i) => (i === at ? Object.assign({}, record, change) : record));
  expect(() => assembleDynamicGroup({ records: spoiled }, 512)).toThrow(/dynamic disk database/u);
});
