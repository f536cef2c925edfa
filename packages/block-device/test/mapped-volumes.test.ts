import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BlockDevice } from '../src/block-devices.js';
import { idOfFileSystem } from '../src/disks-below.js';
import { mappedVolumesOf } from '../src/mapped-volumes.js';

const mebi = 1024 * 1024;
const id = (letter: string): string => `LVM-${letter.repeat(64)}`;

function device(number: string, name: string, more: Partial<BlockDevice> = {}): BlockDevice {
  return {
    number,
    name,
    size: 100 * mebi,
    sectorSize: 512,
    physicalSectorSize: undefined,
    removable: false,
    rotational: undefined,
    readOnly: false,
    hidden: false,
    vendor: undefined,
    model: undefined,
    serial: undefined,
    wwn: undefined,
    partition: undefined,
    loop: undefined,
    mapped: undefined,
    raid: undefined,
    partitions: [],
    slaves: [],
    holders: [],
    ...more,
  };
}

const mapped = (name: string, maker: string, more: Partial<BlockDevice> = {}): Partial<BlockDevice> => ({
  size: 2 * mebi,
  mapped: { name, maker },
  ...more,
});

const disk = device('8:0', 'sda');
const all = [
  disk,
  device('8:1', 'sda1', { partition: { index: 1, start: mebi, disk: '8:0' } }),
  device('8:16', 'sdb'),
  device('253:0', 'dm-0', mapped('office-plain', id('a'))),
  device('253:1', 'dm-1', mapped('office-copied', id('b'))),
  device('253:2', 'dm-2', mapped('office-copied-real', `${id('b')}-real`)),
  device('253:3', 'dm-3', mapped('office-pool_tdata', `${id('c')}-tdata`)),
  device('253:4', 'dm-4', mapped('office-below', id('d'), { holders: ['dm-9'] })),
  device('253:5', 'dm-5', mapped('office-elsewhere', id('e'))),
  device('253:6', 'dm-6', mapped('locked', 'CRYPT-LUKS2-ab-locked')),
  device('253:7', 'dm-7', mapped('office-short', id('f'), { size: 3 * mebi })),
];
const tables = `office-plain: 0 2048 linear 8:1 4096
office-plain: 2048 2048 linear 8:0 409600
office-copied: 0 4096 snapshot-origin 253:2
office-copied-real: 0 4096 linear 8:1 8192
office-pool_tdata: 0 4096 linear 8:1 12288
office-below: 0 4096 linear 8:1 16384
office-elsewhere: 0 2048 linear 8:1 20480
office-elsewhere: 2048 2048 linear 8:16 0
locked: 0 4096 linear 8:1 24576
office-short: 0 4096 linear 8:1 28672
`;

const ids = ({ number }: BlockDevice): string => idOfFileSystem({ device: number });

test('linear volumes, also those that have snapshots, and no part of others', () => {
  expect(mappedVolumesOf(disk, all, tables, ids)).toEqual([
    {
      path: '/dev/mapper/office-plain',
      size: 2 * mebi,
      fileSystem: 'file-system:253:0',
      places: [
        { at: 0, length: mebi, start: 3 * mebi },
        { at: mebi, length: mebi, start: 200 * mebi },
      ],
    },
    {
      path: '/dev/mapper/office-copied',
      size: 2 * mebi,
      fileSystem: 'file-system:253:1',
      places: [{ at: 0, length: 2 * mebi, start: 5 * mebi }],
    },
  ]);
  expect(mappedVolumesOf(disk, all, '', ids)).toEqual([]);
});

test('one that is used by nobody knows whom is not among them', () => {
  const known = ({ name, number }: BlockDevice): string | undefined => (name === 'dm-0' ? undefined : number);
  expect(mappedVolumesOf(disk, all, tables, known)).toMatchObject([{ fileSystem: '253:1' }]);
});

test('whatever a table says, a volume is covered once and in order', () => {
  const word = fc.oneof(
    fc.constantFrom('linear', '8:1', '8:0', '253:2', 'snapshot-origin', '0', '2048', '4096'),
    fc.string(),
  );
  const line = fc.array(word, { maxLength: 6 }).map((words) => `office-plain: ${words.join(' ')}`);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
      for (const { size, places } of mappedVolumesOf(disk, all, lines.join('\n'), ids)) {
        let next = 0;
        for (const { at, length } of places) {
          expect(at).toBe(next);
          next += length;
        }
        expect(next).toBe(size);
      }
    }),
  );
});
