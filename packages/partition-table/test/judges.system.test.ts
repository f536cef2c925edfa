import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReadAt } from '@sysimage/bytes';
import { moveBackupGpt, partitionTypeName, readPartitionTable, type PartitionTable } from '../src/index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'partition-table-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mebibyte = 1024 * 1024;
const run = (command: string, ...parameters: string[]) =>
  execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

function image(name: string, size: number, script?: string, sectorSize = 512): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  writeFileSync(path, '');
  truncateSync(path, size);
  if (script !== undefined) {
    onDevice(path, sectorSize, (device) =>
      execFileSync('sfdisk', ['-q', '--no-reread', '--no-tell-kernel', device], { input: `${script}\n` }),
    );
  }
  return path;
}

/** Only a loop device tells sfdisk of sectors other than 512 bytes. */
function onDevice<T>(path: string, sectorSize: number, use: (device: string) => T): T {
  if (sectorSize === 512) return use(path);
  const device = run('losetup', '-f', '--show', '-b', `${sectorSize}`, path).trim();
  try {
    return use(device);
  } finally {
    run('losetup', '-d', device);
  }
}

async function using<T>(path: string, use: (read: ReadAt, size: number) => Promise<T>): Promise<T> {
  const file = await open(path, 'r+');
  try {
    const read: ReadAt = async (offset, length) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      if (bytesRead !== length) throw new RangeError(`read ${offset}+${length}`);
      return buffer;
    };
    return await use(read, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

const read = (path: string, sectorSize = 512) =>
  using(path, (readAt, size) => readPartitionTable(readAt, { size, sectorSize }));

interface SfdiskTable {
  readonly label: string;
  readonly id: string;
  readonly partitions?: readonly {
    readonly node: string;
    readonly start: number;
    readonly size: number;
    readonly type: string;
    readonly uuid?: string;
    readonly name?: string;
    readonly bootable?: boolean;
  }[];
}

/** What sfdisk says, in the shape of ours. */
function bySfdisk(path: string, sectorSize = 512): object {
  return onDevice(path, sectorSize, (device) => {
    const parsed: { partitiontable: SfdiskTable } = JSON.parse(run('sfdisk', '-J', device));
    const { label, id, partitions = [] } = parsed.partitiontable;
    const gpt = label === 'gpt';
    return {
      scheme: gpt ? 'gpt' : 'mbr',
      id: gpt ? id : id.replace('0x', ''),
      partitions: partitions.map(({ node, start, size, type, uuid, name, bootable }) => ({
        index: Number(node.slice(device.length).replace('p', '')),
        start: start * sectorSize,
        size: size * sectorSize,
        type: gpt ? type : type.padStart(2, '0'),
        id: uuid,
        name,
        active: bootable === true,
      })),
    };
  });
}

function summary({ scheme, id, partitions }: PartitionTable): object {
  return {
    scheme,
    id,
    partitions: partitions.map(({ index, start, size, type, id: partitionId, name, active }) => ({
      index,
      start,
      size,
      type,
      id: partitionId,
      name,
      active,
    })),
  };
}

const gptScript = [
  'label: gpt',
  'size=10M, type=U, name="EFI system partition"',
  'size=4M, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  'size=20M, type=L, name="Größe 分区", attrs="RequiredPartition,GUID:63"',
  'size=5M, type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
].join('\n');

const scripts: readonly (readonly [string, string, number])[] = [
  ['gpt', gptScript, 512],
  ['gpt with 4096-byte sectors', gptScript, 4096],
  ['gpt with few entries', `label: gpt\ntable-length: 16\nsize=10M\nsize=10M`, 512],
  ['gpt with many entries', `label: gpt\ntable-length: 1000\nsize=10M\nsize=10M`, 512],
  ['empty gpt', 'label: gpt', 512],
  ['mbr', 'label: dos\nsize=10M, type=7, bootable\nsize=10M, type=c\nsize=10M, type=83', 512],
  ['mbr with 4096-byte sectors', 'label: dos\nsize=10M, type=7\nsize=10M, type=5\nsize=4M\nsize=2M', 4096],
  [
    'mbr with logical partitions',
    'label: dos\nsize=5M\nsize=80M, type=f\np5: size=5M, type=7\np6: size=10M\np7: size=20M, type=82\np8: size=3M\np9: size=5M, type=b',
    512,
  ],
  ['empty mbr', 'label: dos', 512],
];

test.each(scripts)('%s: as sfdisk reads it', async (_name, script, sectorSize) => {
  const path = image('disk.img', 100 * mebibyte, script, sectorSize);
  const table = await read(path, sectorSize);
  expect(summary(table)).toEqual(bySfdisk(path, sectorSize));
  expect(table.problems).toEqual([]);
});

test.each(['dos', 'gpt'])('whatever sfdisk has a name for, we have one for: %s', (label) => {
  const rows = run('sfdisk', '-T', '--label', label).matchAll(/^ *([0-9A-Fa-f]{1,2}|[0-9A-Fa-f-]{36})  /gmu);
  const types = Array.from(rows, ([, type = '']) => (label === 'gpt' ? type.toUpperCase() : type.padStart(2, '0')));
  expect(types.length).toBeGreaterThan(90);
  // The type of an entry that is not in use.
  expect(types.filter((type) => partitionTypeName(type) === undefined && type !== '00')).toEqual([]);
});

test('logical partitions after some were deleted: as sfdisk reads it', async () => {
  const path = image('deleted.img', 100 * mebibyte, scripts[7]?.[1]);
  for (const index of ['5', '6', '7']) {
    run('sfdisk', '-q', '--delete', path, index);
    expect(summary(await read(path))).toEqual(bySfdisk(path));
  }
});

test('a file system on the whole disk is none', async () => {
  const path = image('whole.img', 100 * mebibyte);
  for (const [command, ...parameters] of [
    ['mkfs.vfat'],
    ['mkfs.vfat', '--mbr=yes'],
    ['mkfs.vfat', '-F', '32'],
    ['mkntfs', '-FqQ'],
    ['mke2fs', '-Fq'],
  ]) {
    if (command === undefined) continue;
    run(command, ...parameters, path);
    expect((await read(path)).scheme).toBe('none');
  }
});

test.each([
  ['grown a lot', 300 * mebibyte, 512],
  ['grown by less than the table', 100 * mebibyte + 4096, 512],
  ['same size', 100 * mebibyte, 512],
  ['shrunk', 64 * mebibyte, 512],
  ['4096-byte sectors', 300 * mebibyte, 4096],
])('moved backup, %s: sgdisk finds no problem, sfdisk the same partitions', async (_name, newSize, sectorSize) => {
  for (const damage of ['none', 'primary', 'backup']) {
    const path = image('moved.img', 100 * mebibyte, gptScript, sectorSize);
    if (damage !== 'none') {
      const sector = damage === 'primary' ? 1 : (100 * mebibyte) / sectorSize - 1;
      const place = ['count=1', `bs=${sectorSize}`, `seek=${sector}`, 'conv=notrunc', 'status=none'];
      run('dd', 'if=/dev/zero', `of=${path}`, ...place);
    }
    const before = bySfdisk(path, sectorSize);
    const writes = await using(path, (readAt, size) => moveBackupGpt(readAt, { size, sectorSize }, newSize));
    truncateSync(path, newSize);
    const file = await open(path, 'r+');
    try {
      for (const { offset, bytes } of writes) await file.write(bytes, 0, bytes.length, offset);
    } finally {
      await file.close();
    }
    expect(onDevice(path, sectorSize, (device) => run('sgdisk', '-v', device))).toContain('No problems found');
    expect(bySfdisk(path, sectorSize)).toEqual(before);
    const table = await read(path, sectorSize);
    expect(table.problems).toEqual([]);
  }
});
