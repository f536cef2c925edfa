import { expect, test } from '@jest/globals';
import { diskOf, gptDisk, writeMbr } from '@sysimage/fixtures';
import { createMemoryTarget } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const sectors = 65_536;
const sector = 512;
const anyDisk = new ToyDisk(2 * 1024 * 1024);

/** Backs a disk up and restores it: what the version says of the disk, and the bytes that come back. */
async function there(bytes: Uint8Array, bad?: { readonly start: number; readonly end: number }) {
  const bench = new Workbench();
  bench.disks.disks.set('old.img', bytes);
  if (bad !== undefined) bench.disks.bad.set('old.img', bad);
  const target = createMemoryTarget();
  const version = await bench.backup(target, anyDisk, { disks: ['old.img'] });
  return { disk: version.disks[0], restored: await bench.restore(target, version.id) };
}

/** What is lost with a sector: nothing smaller is tried again. */
const unitOf = (at: number): { readonly start: number; readonly end: number } => {
  const start = Math.floor((at * sector) / 4096) * 4096;
  return { start, end: start + 4096 };
};

// Headers and arrays of both copies.
test.each([1, 2, 33, sectors - 1, sectors - 2, sectors - 33])(
  'a GPT of which sector %d cannot be read has another copy',
  async (at) => {
    const { bytes } = gptDisk(sectors, [
      { first: 2048, last: 20_000 },
      { first: 22_528, last: 60_000 },
    ]);
    bytes.fill(7, 2048 * sector, 20_001 * sector);
    const { disk, restored } = await there(bytes, { start: at * sector, end: (at + 1) * sector });
    const lost = unitOf(at);
    expect(disk?.layout).toMatchObject({
      scheme: 'gpt',
      partitions: [{ start: 2048 * sector }, { start: 22_528 * sector }],
      problems: [expect.stringContaining('cannot be read'), expect.anything()],
    });
    expect(disk?.unreadable).toEqual([lost]);
    expect(Buffer.compare(restored, bytes.slice().fill(0, lost.start, lost.end))).toBe(0);
  },
);

/** Two logical partitions, the second of which has its own record at sector 30 000. */
function withLogical(): ReturnType<typeof diskOf> {
  const made = diskOf(new Uint8Array(sectors * sector));
  writeMbr(made, 0, [{ type: 5, start: 2048, count: sectors - 2048 }]);
  writeMbr(made, 2048, [
    { type: 0x83, start: 2048, count: 20_000 },
    { type: 5, start: 30_000 - 2048, count: 20_000 },
  ]);
  writeMbr(made, 30_000, [{ type: 0x83, start: 2048, count: 10_000 }]);
  made.bytes.fill(9, 36_000 * sector, 38_000 * sector);
  return made;
}

test('what lies in a partition that a broken table does not show is in the image', async () => {
  const whole = withLogical();
  const { disk } = await there(whole.bytes);
  expect(disk?.layout.partitions).toHaveLength(3);
  expect(disk?.layout).not.toHaveProperty('doubtful');
  const broken = withLogical();
  broken.bytes.fill(0, 30_000 * sector, 30_001 * sector);
  const found = await there(broken.bytes);
  expect(found.disk?.layout).toMatchObject({ partitions: [{}, {}], problems: [expect.any(String)], doubtful: true });
  expect(Buffer.compare(found.restored, broken.bytes)).toBe(0);
  const bad = { start: 30_000 * sector, end: 30_001 * sector };
  const dying = await there(whole.bytes, bad);
  expect(dying.disk).toMatchObject({ layout: { partitions: [{}, {}], doubtful: true }, unreadable: [unitOf(30_000)] });
  expect(Buffer.compare(dying.restored, broken.bytes)).toBe(0);
});

/** What Linux or Windows shows of these disks, the partition table as it is read here does not. */
const unseen: readonly (readonly [string, () => ReturnType<typeof diskOf>])[] = [
  [
    'the master boot record beside a GPT',
    () => {
      const made = gptDisk(sectors, [{ first: 2048, last: 20_000 }]);
      writeMbr(made, 0, [undefined, { type: 7, start: 30_000, count: 20_000 }]);
      return made;
    },
  ],
  [
    'a second extended partition',
    () => {
      const made = withLogical();
      writeMbr(made, 0, [
        { type: 5, start: 2048, count: 20_000 },
        { type: 0x85, start: 30_000, count: 20_000 },
      ]);
      writeMbr(made, 2048, [{ type: 0x83, start: 2048, count: 10_000 }]);
      made.bytes.fill(0, 2048 * sector + 462, 2048 * sector + 478);
      return made;
    },
  ],
  [
    'a second entry of a logical partition',
    () => {
      const made = withLogical();
      made.bytes.fill(0, 2048 * sector + 446, 2048 * sector + 510);
      writeMbr(made, 2048, [
        { type: 0x83, start: 2048, count: 10_000 },
        { type: 0x83, start: 30_000, count: 10_000 },
      ]);
      return made;
    },
  ],
];

test.each(unseen)('what only %s shows is in the image', async (_where, make) => {
  const { bytes } = make();
  bytes.fill(9, 36_000 * sector, 38_000 * sector);
  const { disk, restored } = await there(bytes);
  expect(disk?.layout).toMatchObject({ problems: [expect.any(String)], doubtful: true });
  expect(Buffer.compare(restored, bytes)).toBe(0);
});
