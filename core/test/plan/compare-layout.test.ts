import { expect, test } from '@jest/globals';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import { compareLayout, layoutChanges } from '../../src/plan/compare-layout.js';
import { emptyLayout } from '../records.js';

type Partition = DiskLayout['partitions'][number];

function partition(index: number, extra: Partial<Partition> = {}): Partition {
  return {
    index,
    start: index * 1000,
    size: 900,
    type: 'x',
    id: `id-${index}`,
    active: false,
    kind: 'primary',
    ...extra,
  };
}

const recorded: DiskLayout = { ...emptyLayout, partitions: [partition(1), partition(2)] };

function differences(extra: Partial<DiskLayout>): readonly string[] {
  const comparison = compareLayout(recorded, { ...recorded, ...extra });
  return comparison.same ? [] : comparison.differences;
}

test('a disk is like itself', () => {
  expect(compareLayout(recorded, recorded)).toEqual({ same: true });
  expect(compareLayout(emptyLayout, emptyLayout)).toEqual({ same: true });
});

test.each([
  ['another kind of table', { scheme: 'mbr' }, ['its table is mbr, not gpt']],
  ['another disk', { id: 'BB' }, ['its identifier is BB, not AA']],
  ['a disk without identity', { id: undefined }, ['its identifier is none, not AA']],
  ['other sectors', { sectorSize: 4096 }, ['its sectors have 4096 bytes, not 512']],
  ['a partition is gone', { partitions: [partition(2)] }, ['no partition starts at byte 1000']],
  [
    'a partition was moved',
    { partitions: [partition(1, { start: 1001 }), partition(2)] },
    ['no partition starts at byte 1000'],
  ],
  [
    'a partition was shrunk',
    { partitions: [partition(1), partition(2, { size: 899 })] },
    ['partition 2 is smaller than it was'],
  ],
  [
    'another partition in its place',
    { partitions: [partition(1), partition(2, { id: 'new' })] },
    ['partition 2 is another one'],
  ],
] satisfies readonly (readonly [string, Partial<DiskLayout>, readonly string[]])[])('%s', (_what, extra, wanted) => {
  expect(differences(extra)).toEqual(wanted);
});

test('all differences are told at once', () => {
  expect(differences({ scheme: 'none', id: undefined, sectorSize: 4096, partitions: [] })).toHaveLength(5);
});

test('what was only added or grown does no harm', () => {
  expect(differences({ partitions: [partition(3), partition(2), partition(1)] })).toEqual([]);
  expect(differences({ partitions: [partition(1, { size: 1000 }), partition(2)] })).toEqual([]);
  expect(differences({ size: recorded.size * 2, model: 'another', serial: 'another', problems: ['x'] })).toEqual([]);
  expect(
    differences({ partitions: [partition(1, { index: 7, name: 'renamed', active: true }), partition(2)] }),
  ).toEqual([]);
});

test('what was added or has grown is a change, though a version still fits', () => {
  expect(layoutChanges(recorded, recorded)).toEqual([]);
  const now = {
    ...recorded,
    size: recorded.size + 1,
    partitions: [partition(1, { size: 950 }), partition(2), partition(3)],
  };
  expect(compareLayout(recorded, now)).toEqual({ same: true });
  expect(layoutChanges(recorded, now)).toEqual([
    `the disk has ${recorded.size + 1} bytes, not ${recorded.size}`,
    'partition 1 is larger than it was',
    'partition 3 is new',
  ]);
  expect(layoutChanges(recorded, { ...recorded, partitions: [partition(2)] })).toEqual([
    'no partition starts at byte 1000',
  ]);
});

type Group = NonNullable<DiskLayout['dynamic']>;

const part = { disk: 'd1', start: 0, size: 100 };
const simple: Group['volumes'][number] = { name: 'V1', kind: 'simple', size: 100, disks: ['d1'], parts: [part] };
const elsewhere: Group['volumes'][number] = { ...simple, name: 'V2', disks: ['d2'], parts: [{ ...part, disk: 'd2' }] };
const disks = [
  { id: 'd1', name: 'Disk1' },
  { id: 'd2', name: 'Disk2' },
];
const group: Group = {
  diskId: 'd1',
  groupId: 'g',
  groupName: 'G',
  sequence: 7,
  dataStart: 63,
  disks,
  volumes: [simple, elsewhere],
  problems: [],
};
const withGroup = (changes: Partial<Group> = {}): DiskLayout => ({ ...recorded, dynamic: { ...group, ...changes } });

test.each([
  ['itself', withGroup(), withGroup(), []],
  ['after what changes no place', withGroup(), withGroup({ sequence: 9, groupName: 'H', problems: ['x'] }), []],
  ['another volume on another disk', withGroup(), withGroup({ volumes: [simple] }), []],
  ['a basic disk by now', withGroup(), recorded, ['it is no dynamic disk any more']],
  ['a basic disk before', recorded, withGroup(), ['it is a dynamic disk now']],
  ['another group', withGroup(), withGroup({ groupId: 'x' }), ['it is of another group of dynamic disks']],
  ['another disk', withGroup(), withGroup({ diskId: 'd2' }), ['it is another disk of its group of dynamic disks']],
  ['another place', withGroup(), withGroup({ dataStart: 64 }), ['its dynamic volumes begin at byte 64, not 63']],
  ['a volume less', withGroup(), withGroup({ volumes: [elsewhere] }), ['the dynamic volume V1 is gone']],
  ['a volume more', withGroup({ volumes: [elsewhere] }), withGroup(), ['the dynamic volume V1 is new']],
  [
    'a volume that was moved',
    withGroup(),
    withGroup({ volumes: [{ ...simple, parts: [{ ...part, start: 5 }] }] }),
    ['the dynamic volume V1 lies otherwise than it did'],
  ],
  [
    'a volume of another kind',
    withGroup(),
    withGroup({ volumes: [{ ...simple, kind: 'mirrored' }] }),
    ['the dynamic volume V1 lies otherwise than it did'],
  ],
] satisfies readonly (readonly [string, DiskLayout, DiskLayout, readonly string[]])[])(
  'a dynamic disk is like %s',
  (_what, before, now, wanted) => {
    const comparison = compareLayout(before, now);
    expect(comparison.same ? [] : comparison.differences).toEqual(wanted);
    expect(layoutChanges(before, now)).toEqual(wanted);
  },
);

test('a group that nobody can read is not known to be as it was, and no change', () => {
  const unread = withGroup({ disks: [], volumes: [], problems: ['x'] });
  for (const [before, now] of [
    [withGroup(), unread],
    [unread, withGroup()],
    [unread, unread],
  ] as const) {
    expect(compareLayout(before, now)).toEqual({
      same: false,
      differences: ['whether its dynamic volumes lie where they did is not known'],
    });
    expect(layoutChanges(before, now)).toEqual([]);
  }
  // The type of the partition has had other owners.
  const other: DiskLayout = { ...recorded, dynamic: { disks: [], volumes: [], problems: ['x'] } };
  expect(compareLayout(other, other)).toEqual({ same: true });
});

test('a record without the parts of volumes goes by their disks', () => {
  const { parts: _, ...old } = simple;
  expect(compareLayout(withGroup({ volumes: [old] }), withGroup({ volumes: [simple] }))).toEqual({ same: true });
  const moved = { ...simple, disks: ['d1', 'd2'] };
  expect(compareLayout(withGroup({ volumes: [old] }), withGroup({ volumes: [moved] })).same).toBe(false);
});

test('what a partition is for, and which one starts the machine', () => {
  const now = { ...recorded, partitions: [partition(1, { type: 'y' }), partition(2, { type: 'X', active: true })] };
  expect(layoutChanges(recorded, now)).toEqual(['partition 1 is of another type', 'partition 2 is active now']);
  expect(layoutChanges(now, recorded)).toEqual([
    'partition 1 is of another type',
    'partition 2 is not active any more',
  ]);
});
