import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { layOutDisc } from '@sysimage/disc-image';
import { makeScratch, noise } from '@sysimage/fixtures';
import { runInGuest } from '../src/index.js';

// The readers that people will use: those of the kernel.

const scratch = await makeScratch();
afterAll(() => scratch.remove());

// No two names that differ in case alone: for a kernel Joliet does not tell them apart.
const contents = [
  { path: 'README.TXT', bytes: noise('a', 100) },
  { path: 'SYSIMAGE/SEG/0001-000001.SEG', bytes: noise('b', 5_000_001) },
  { path: 'desk/catalog.json', bytes: noise('c', 2048) },
  { path: 'desk/empty', bytes: noise('d', 0) },
  { path: `1/2/3/4/5/6/${'long-name-'.repeat(6)}/${'x'.repeat(60)}.txt`, bytes: noise('e', 17) },
  { path: 'desk/größe', bytes: noise('f', 9) },
  ...Array.from({ length: 200 }, (_, i) => ({ path: `many/object-${i}.segment`, bytes: noise(i, i * 37) })),
];
const image = scratch.at('disc.iso');

beforeAll(async () => {
  const identity = {
    volume: 'GUEST',
    volumeSet: '0123456789abcdef',
    sequence: 1,
    date: new Date('2026-01-02T03:04:05Z'),
    publisher: 'TEST',
  };
  const layout = layOutDisc(
    contents.map(({ path, bytes }) => ({ path, size: bytes.length })),
    identity,
  );
  const byPath = new Map(contents.map(({ path, bytes }) => [path, bytes]));
  const file = await open(image, 'w');
  const chunks = layout.bytes(async function* (wanted) {
    yield byPath.get(wanted.path) ?? new Uint8Array(0);
  });
  for await (const chunk of chunks) await file.write(chunk);
  await file.close();
});

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const everyDigest = contents.map(({ bytes }) => digestOf(bytes));
const everyName = contents.map(({ path }) => `./${path}`);

test.each([
  ['UDF', 'udf', 'ro', true],
  ['Joliet', 'iso9660', 'ro,utf8', true],
  // Names in capitals, shortened: what is in the files counts.
  ['ISO 9660 alone', 'iso9660', 'ro,nojoliet', false],
])(
  'the kernel reads every file of a disc, as %s',
  async (_, type, options, named) => {
    const { output, exitCode } = await runInGuest({
      script: `
wait_for /dev/sr0
mount -t ${type} -o ${options} /dev/sr0 /mnt
cd /mnt; find . -type f -exec sha256sum {} +
cd /; umount /mnt`,
      modules: ['virtio_scsi', 'sr_mod', 'isofs', 'udf', 'nls_utf8'],
      disks: [{ path: image, format: 'raw', disc: true }],
    });
    expect(exitCode).toBe(0);
    // Digest, two blanks, path.
    const found = output
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, 64), line.slice(66)] as const);
    expect(found.map(([digest]) => digest).toSorted()).toEqual(everyDigest.toSorted());
    const expected = new Map(everyName.map((name, index) => [name, everyDigest[index]]));
    if (named) expect(new Map(found.map(([digest, name]) => [name, digest]))).toEqual(expected);
  },
  120_000,
);

test('one wrong byte on a disc is seen', async () => {
  const file = await open(image, 'r');
  const bytes = await file.readFile();
  await file.close();
  const at = bytes.indexOf(Buffer.from(contents[1]?.bytes.subarray(0, 64) ?? []));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(scratch.at('damaged.iso'), bytes);
  const { output } = await runInGuest({
    script: 'wait_for /dev/sr0; mount -t udf -o ro /dev/sr0 /mnt; sha256sum /mnt/SYSIMAGE/SEG/*',
    modules: ['virtio_scsi', 'sr_mod', 'udf'],
    disks: [{ path: scratch.at('damaged.iso'), format: 'raw', disc: true }],
  });
  expect(output).toMatch(/^[0-9a-f]{64} /u);
  expect(output).not.toContain(everyDigest[1]);
}, 120_000);
