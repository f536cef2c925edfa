import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { read, survives } from './memory.js';

/** A member of an array of md, with the superblock of version 1.2 (Linux, md_p.h). */
function member(level: number, disks: number, layout = 0): Uint8Array {
  const bytes = new Uint8Array(64 * 1024);
  const view = new DataView(bytes.buffer, 4096);
  view.setUint32(0, 0xa92b4efc, true);
  view.setUint32(4, 1, true);
  bytes.fill(0xab, 4096 + 16, 4096 + 32);
  view.setInt32(72, level, true);
  view.setUint32(76, layout, true);
  view.setUint32(92, disks, true);
  return bytes;
}

test.each([
  ['striped', 0, 3, 0, 3],
  ['linear', -1, 2, 0, 2],
  ['a mirror', 1, 2, 0, undefined],
  ['RAID 4', 4, 3, 0, 2],
  ['RAID 5', 5, 4, 2, 3],
  ['RAID 5 of two', 5, 2, 2, undefined],
  ['RAID 6', 6, 5, 2, 3],
  ['RAID 10 with two near copies', 10, 4, 0x102, 3],
])('md, %s: as many as it takes to read it', async (_, level, disks, layout, members) => {
  const id = 'abababab-abab-abab-abab-abababababab';
  const found = await read(member(level, disks, layout));
  expect(found).toMatchObject({ type: 'md', id });
  expect(found?.pool).toEqual(members === undefined ? undefined : { id, members });
});

/** A physical volume of LVM with this text. */
function physicalVolume(text: string, { offset = 512, size = 16 * 1024 } = {}): Uint8Array {
  const bytes = new Uint8Array(64 * 1024);
  const put = (at: number, words: string): void => bytes.set(new TextEncoder().encode(words), at);
  const view = new DataView(bytes.buffer);
  const number = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  put(512 + 24, 'LVM2 001');
  view.setUint32(512 + 20, 32, true);
  // One area of data, and one of metadata.
  number(512 + 32 + 40, 1024 * 1024);
  number(512 + 32 + 72, 4096);
  number(512 + 32 + 80, size);
  put(4096 + 4, ' LVM2 x[5A%r0N*>');
  number(4096 + 24, 4096);
  number(4096 + 32, size);
  number(4096 + 40, offset);
  number(4096 + 48, text.length);
  const first = Math.min(text.length, size - offset);
  put(4096 + offset, text.slice(0, first));
  put(4096 + 512, text.slice(first));
  return bytes;
}

const group = (volumes: string): string => `home {\nid = "GROUP-1"\nphysical_volumes {\n${volumes}\n}\n}\n`;
const two = group('pv0 {\nid = "A"\ntags = ["{", "}"]\n}\npv1 {\nid = "B"\n}');

test('LVM: the volumes of a group are counted, also where its text begins at the end of its area', async () => {
  const pool = { id: 'GROUP-1', members: 2 };
  expect(await read(physicalVolume(two))).toMatchObject({ type: 'lvm', pool });
  expect(await read(physicalVolume(two, { offset: 16 * 1024 - 40 }))).toMatchObject({ type: 'lvm', pool });
  expect(await read(physicalVolume(group('pv0 {\nid = "A"\n}')))).not.toHaveProperty('pool');
});

test('LVM: a text without sense tells nothing, and takes no time', async () => {
  const texts = [
    '',
    'physical_volumes {',
    '"'.repeat(10_000),
    '{'.repeat(10_000),
    `id = "x" physical_volumes {${'\\"'.repeat(5000)}`,
  ];
  for (const text of texts) expect(await survives(physicalVolume(text))).toMatchObject({ type: 'lvm' });
  const sane = physicalVolume(two);
  const far = sane.slice();
  new DataView(far.buffer).setBigUint64(4096 + 40, 2n ** 40n, true);
  expect(await survives(far)).not.toHaveProperty('pool');
  await fc.assert(
    fc.asyncProperty(fc.nat(8191), fc.uint8Array({ minLength: 1, maxLength: 16 }), async (at, bytes) => {
      const broken = sane.slice();
      broken.set(bytes, at);
      await survives(broken);
    }),
    { numRuns: 200 },
  );
});
