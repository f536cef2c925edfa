import { mkdir, readdir, readFile } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { makeDisk, makeScratch, run, withLoop, type DiskSpec } from '@sysimage/fixtures';
import { readFirmwareEntry, readFirmwareOrder } from '../src/index.js';

/* efibootmgr, which shares no code with us, writes variables into a folder that stands for a firmware. */

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const partitionId = 'AAAAAAAA-0000-4000-8000-00000000000F';
const disks: readonly DiskSpec[] = [
  {
    table: 'gpt',
    size: 8 * mebi,
    partitions: [
      { type: 'blank', size: mebi },
      { type: 'blank', uuid: partitionId },
    ],
  },
  { table: 'mbr', size: 8 * mebi, id: '0x0badcafe', partitions: [{ type: 'blank' }] },
];

test('entries of efibootmgr, on both kinds of tables', async () => {
  const firmware = scratch.at('firmware');
  await mkdir(firmware);
  for (const [index, spec] of disks.entries()) {
    const { path, partitions } = await makeDisk(scratch.at(`${spec.table}.img`), spec);
    const words = ['--part', String(partitions.length), '--label', `Système ${index}`, '--loader', '\\EFI\\a b\\x.efi'];
    await withLoop(path, {}, (device) =>
      run('env', `EFIVARFS_PATH=${firmware}/`, 'efibootmgr', '--create', '--disk', device, ...words, '--unicode', 'ü'),
    );
  }
  const values = new Map<string, Uint8Array>();
  for (const name of await readdir(firmware))
    values.set(name.split('-', 1)[0] ?? '', (await readFile(`${firmware}/${name}`)).subarray(4));
  const entryOf = (name: string): object => readFirmwareEntry(values.get(name) ?? new Uint8Array(0));
  expect(readFirmwareOrder(values.get('BootOrder') ?? new Uint8Array(0))).toEqual([1, 0]);
  const same = { active: true, file: '\\EFI\\a b\\x.efi', data: new Uint8Array([0xfc, 0]) };
  expect(entryOf('Boot0000')).toEqual({ title: 'Système 0', partition: { scheme: 'gpt', partitionId }, ...same });
  expect(entryOf('Boot0001')).toEqual({
    title: 'Système 1',
    partition: { scheme: 'mbr', diskId: '0badcafe', firstSector: 2048 },
    ...same,
  });
});
