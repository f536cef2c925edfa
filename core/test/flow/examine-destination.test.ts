import { expect, test } from '@jest/globals';
import type { PhysicalDisk } from '../../src/contract/target.js';
import { examineDestination } from '../../src/flow/examine-destination.js';
import { inspectDisk } from '../../src/flow/inspect-disk.js';
import type { DiskRecord } from '../../src/model/version-record.js';
import { memoryTarget } from '../memory-target.js';
import { diskRecord, versionId } from '../records.js';
import { destinationOf, mbrDisk, mebibyte, putExt, sourceOf } from '../small-disk.js';

const size = 8 * mebibyte;
const start = 2048;

function disk(length = size, count = 12_000): Uint8Array {
  const bytes = mbrDisk(length, { start, count });
  putExt(bytes, start * 512, 5 * mebibyte);
  return bytes;
}

const target = memoryTarget(new Map());
const keep = { target, recreateDisks: false };
const recreate = { target, recreateDisks: true };
const record: Promise<DiskRecord> = inspectDisk(sourceOf(disk())).then(({ layout }) =>
  diskRecord(versionId(1), { layout }),
);

test('a file made for the restore is not even read', async () => {
  const destination = destinationOf(new Uint8Array(size), {
    fresh: true,
    kind: 'file',
    read: () => Promise.reject(new Error('no')),
  });
  expect(await examineDestination(await record, destination, keep)).toEqual({ kind: 'fresh' });
});

test('a disk with zeros at both ends is blank, and may be larger', async () => {
  for (const length of [size, 3 * size]) {
    expect(await examineDestination(await record, destinationOf(new Uint8Array(length)), keep)).toEqual({
      kind: 'blank',
    });
  }
});

test.each([0, 511, 700_000, size - 1])('a byte at %i: not blank, nothing is written unasked', async (at) => {
  const bytes = new Uint8Array(size);
  bytes[at] = 1;
  await expect(examineDestination(await record, destinationOf(bytes), keep)).rejects.toMatchObject({
    code: 'layout',
    message: expect.stringContaining('unknown kind'),
    remedy: expect.stringContaining('--recreate-disks'),
  });
  const state = await examineDestination(await record, destinationOf(bytes), recreate);
  expect(state).toMatchObject({ kind: 'different', layout: undefined });
});

test('the recorded partitions are there: only their volumes', async () => {
  expect(await examineDestination(await record, destinationOf(disk()), keep)).toMatchObject({ kind: 'same-layout' });
  expect(await examineDestination(await record, destinationOf(disk(2 * size)), keep)).toMatchObject({
    kind: 'same-layout',
  });
});

test('asked to recreate, a disk of the same layout is written whole', async () => {
  expect(await examineDestination(await record, destinationOf(disk()), recreate)).toMatchObject({ kind: 'different' });
});

test('another layout is refused with all differences, unless it may go', async () => {
  const other = disk(size, 11_000);
  other[440] = 0;
  await expect(examineDestination(await record, destinationOf(other), keep)).rejects.toMatchObject({
    code: 'layout',
    message: expect.stringMatching(/identifier.*; partition 1 is smaller/u),
  });
  const state = await examineDestination(await record, destinationOf(other), recreate);
  if (state.kind !== 'different') throw new Error(state.kind);
  expect(state.differences).toHaveLength(2);
  const end = (start + 11_000) * 512;
  for (const [from, to] of [
    [0, mebibyte],
    [start * 512, start * 512 + mebibyte],
    [end - mebibyte, end],
    [size - mebibyte, size],
  ] as const) {
    expect(state.signatures.covers(from, to)).toBe(true);
  }
});

test('a file system without a table, or a table that is broken, is something', async () => {
  const bare = new Uint8Array(size);
  putExt(bare, 0, size);
  await expect(examineDestination(await record, destinationOf(bare), keep)).rejects.toMatchObject({ code: 'layout' });
  const broken = disk();
  broken[446 + 4] = 0xee;
  await expect(examineDestination(await record, destinationOf(broken), keep)).rejects.toMatchObject({ code: 'layout' });
  expect(await examineDestination(await record, destinationOf(broken), recreate)).toMatchObject({ kind: 'different' });
  const beyond = disk(size, 1_000_000);
  await expect(examineDestination(await record, destinationOf(beyond), keep)).rejects.toMatchObject({ code: 'layout' });
});

test('a smaller disk and one with other sectors are refused, asked or not', async () => {
  for (const request of [keep, recreate]) {
    const small = destinationOf(new Uint8Array(size - 512));
    await expect(examineDestination(await record, small, request)).rejects.toMatchObject({ code: 'layout' });
    const sectors = destinationOf(new Uint8Array(size), { sectorSize: 4096 });
    await expect(examineDestination(await record, sectors, request)).rejects.toMatchObject({ code: 'layout' });
  }
  const file = destinationOf(new Uint8Array(size), { sectorSize: 4096, kind: 'file' });
  expect(await examineDestination(await record, file, keep)).toEqual({ kind: 'blank' });
});

test('the disk that holds the backup is refused, asked or not', async () => {
  const here = { id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' } as const;
  const there = { id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'no' } as const;
  const onDisk = memoryTarget(new Map(), { traits: { physicalDisks: [there, here] } });
  const at = async (physicalDisks: readonly PhysicalDisk[], kind: 'device' | 'file') =>
    examineDestination(await record, destinationOf(new Uint8Array(size), { physicalDisks, kind }), {
      target: onDisk,
      recreateDisks: true,
    });
  await expect(at([here], 'device')).rejects.toMatchObject({
    code: 'policy',
    message: expect.stringContaining('/dev/sda'),
  });
  expect(await at([{ ...here, id: 'sysfs:8:32' }], 'device')).toEqual({ kind: 'blank' });
  expect(await at([here], 'file')).toEqual({ kind: 'blank' });
});

test('what is to be laid out anew is refused while the backup lies on a dynamic disk', async () => {
  const dynamic = { id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'yes' } as const;
  const onDynamic = memoryTarget(new Map(), { traits: { physicalDisks: [dynamic] } });
  const at = async (bytes: Uint8Array, kind: 'device' | 'file' = 'device', recreateDisks = true) =>
    examineDestination(await record, destinationOf(bytes, { kind }), { target: onDynamic, recreateDisks });
  const other = disk(size, 13_000);
  other[440] = 1;
  for (const recreate of [true, false]) {
    await expect(at(other, 'device', recreate)).rejects.toMatchObject({
      code: 'layout',
      message: expect.stringContaining('lies on a dynamic disk'),
      remedy: expect.stringContaining('basic disk'),
    });
  }
  expect(await at(other, 'file')).toMatchObject({ kind: 'different' });
  expect(await at(new Uint8Array(size))).toEqual({ kind: 'blank' });
});
