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
