import { expect, test } from '@jest/globals';
import type { MappedVolume, UnmappedVolume } from '@sysimage/core/plugin';
import fc from 'fast-check';
import { createBlockDevices, type BlockDevice } from '../src/block-devices.js';
import { idOfFileSystem } from '../src/disks-below.js';
import { mappedVolumesOf, type MadeOfDisk } from '../src/mapped-volumes.js';
import { createRecordedMachine } from '../src/recorded-machine.js';
import { parseMachineRecord } from '../src/index.js';
import {
  diskOfVolumes as disk,
  machineOfVolumes,
  tablesOfVolumes as tables,
  type Change,
} from './machine-of-volumes.js';

const mebi = 1024 * 1024;
const unread = { read: expect.any(Function) };
const idOf = ({ number }: BlockDevice): string => idOfFileSystem({ device: number });

async function madeOf(
  change: Change = {},
  ids: (device: BlockDevice) => string | undefined = idOf,
  of: string = disk,
): Promise<MadeOfDisk> {
  const record = parseMachineRecord(JSON.stringify(machineOfVolumes(change)), 'the test');
  const all = await createBlockDevices(createRecordedMachine(record)).all();
  const device = all.find(({ name }) => name === of);
  if (device === undefined) throw new Error(`no ${of}`);
  const readerOf = (): NonNullable<MappedVolume['read']> => () => Promise.resolve();
  return mappedVolumesOf(device, all, { tables: change.tables ?? tables, ids, readerOf });
}

/** Where the partitions of the disk start, MiB. */
const [first, second, third, fourth, fifth] = [1, 301, 401, 441, 491];

function volume(name: string, size: number, number: string, ...places: readonly object[]): object {
  return { path: `/dev/${name}`, size: size * mebi, fileSystem: `file-system:${number}`, places };
}

/** All are MiB. */
function place(at: number, length: number, start: number): MappedVolume['places'][number] {
  return { at: at * mebi, length: length * mebi, start: start * mebi };
}

const plain = volume('mapper/office-plain', 2, '253:0', place(0, 1, first + 2), place(1, 1, first + 200));
const copied = volume('mapper/office-copied', 2, '253:1', place(0, 2, first + 4));
const vault = volume('mapper/vault', 3, '253:7', place(0, 3, first + 21));
const root = volume('mapper/safe-root', 8, '253:9', place(0, 4, second + 17), place(4, 4, second + 28));
const old = volume('mapper/old', 8, '253:10', place(0, 8, third + 2));
const twin = volume('mapper/twin', 8, '253:11', place(0, 8, fifth + 17));
const raid = volume('md0', 48, '9:0', place(0, 48, fourth + 1));

test('linear volumes, encrypted ones and mirrors, on each other too, and no part of others', async () => {
  const { mapped, unmapped } = await madeOf();
  const encrypted = [vault, root, old, twin].map((each) => ({ ...each, ...unread }));
  expect(new Set(mapped)).toEqual(new Set([plain, copied, raid, ...encrypted]));
  expect(unmapped).toEqual([
    { path: '/dev/mapper/office-spread', size: 2 * mebi, start: first * mebi, whyNot: 'some of it lies elsewhere' },
  ]);
});

test('of the other half of the mirrors, and of what is read as a disk of its own', async () => {
  expect((await madeOf({}, idOf, 'sdb')).mapped.map(({ path }) => path)).toEqual(['/dev/mapper/twin', '/dev/md0']);
  const { mapped, unmapped } = await madeOf({}, idOf, 'sda2');
  expect(mapped).toMatchObject([{ path: '/dev/mapper/safe-root', places: [{ start: 17 * mebi }, {}] }]);
  expect(unmapped).toEqual([]);
  // Read through itself, it is not encrypted.
  expect((await madeOf({}, idOf, 'dm-8')).mapped).toEqual([
    volume('mapper/safe-root', 8, '253:9', place(0, 4, 1), place(4, 4, 12)),
  ]);
});

/** Why a volume is not among those whose bytes lie in runs on the disk; `undefined` where it is. */
async function whyNot(path: string, change: Change): Promise<string | undefined> {
  const { mapped, unmapped } = await madeOf(change);
  const found = unmapped.filter((each) => each.path === path);
  expect(found.length + mapped.filter((each) => each.path === path).length).toBe(1);
  return found[0]?.whyNot;
}

const said = (from: string | RegExp, to: string): string => {
  const changed = tables.replace(from, to);
  if (changed === tables) throw new Error(`nothing like ${from} in the tables`);
  return changed;
};

test.each([
  [
    '/dev/mapper/old',
    'aes-cbc-essiv:sha256',
    'aes-lrw-benbi',
    'whether aes-lrw-benbi encrypts each sector by itself is not known',
  ],
  [
    '/dev/mapper/old',
    'aes-cbc-essiv:sha256',
    'aes-cbc-lmk',
    'whether aes-cbc-lmk encrypts each sector by itself is not known',
  ],
  ['/dev/mapper/old', 'aes-cbc-essiv:sha256', 'capi:authenc(hmac(sha256),xts(aes))-random', /authenc.* is not known$/u],
  [
    '/dev/mapper/old',
    '8:3 4096',
    '8:3 4096 1 integrity:28:aead',
    'it is encrypted with an option that is not known (integrity:28:aead)',
  ],
  ['/dev/mapper/old', '8:3 4096', '8:3 x', 'its table cannot be read'],
  ['/dev/mapper/old', '8:3 4096', '8:3 81920', 'it reaches beyond what it lies on'],
  ['/dev/mapper/old', 'old: 0 16384 crypt', 'old: 0 8192 crypt', 'its table cannot be read'],
  ['/dev/mapper/old', 'old: 0 16384', 'old: 8 16384', 'its table cannot be read'],
  [
    '/dev/mapper/old',
    /old: (.*)/u,
    'old: $1\nold: 16384 8 crypt aes-xts-plain64 0 0 8:3 0',
    'it is encrypted in several pieces',
  ],
  ['/dev/mapper/old', /old: .*\n/u, '', 'dmsetup tells nothing of it'],
  ['/dev/mapper/old', /old: .*/u, 'old: 0 16384 integrity 8:3 0 32 J 0', 'neither LVM nor LUKS made it'],
  ['/dev/mapper/old', '8:3 4096', '8:99 4096', 'some of it lies elsewhere'],
  ['/dev/mapper/old', '8:3 4096', '253:10 0', 'it lies on itself'],
  [
    '/dev/mapper/safe-root',
    'linear 253:8 2048',
    'linear 253:8 2049',
    'it begins or ends in the middle of an encrypted sector',
  ],
  ['/dev/mapper/safe-root', '8:2 32768 2 allow_discards', '8:2 32768 2 allow_magic', /allow_magic/u],
  [
    '/dev/mapper/safe-root',
    'safe-root: 0 8192 linear 253:8 2048',
    'safe-root: 0 8192 striped 2 128 253:8 0 253:8 9',
    'where its bytes lie is not simple (striped)',
  ],
  ['/dev/mapper/safe-root', 'safe-root: 8192', 'safe-root: 8200', 'its table cannot be read'],
  ['/dev/mapper/office-plain', 'linear 8:1 4096', 'linear 8:1 8192', 'another volume has bytes of it'],
  ['/dev/mapper/office-copied', 'linear 8:1 4096', 'linear 8:1 8192', 'another volume has bytes of it'],
])('%s with %s as %s is not mapped', async (path, from, to, why) => {
  const told = await whyNot(path, { tables: said(from, to) });
  if (why instanceof RegExp) expect(told).toMatch(why);
  else expect(told).toBe(why);
});

test.each([
  ['aes-xts-plain64', '/dev/mapper/vault', 'xchacha12,aes-adiantum-plain64'],
  ['aes-xts-plain64', '/dev/mapper/vault', 'capi:xts(aes)-plain64'],
  ['aes-xts-plain64', '/dev/mapper/vault', 'serpent-xts-plain'],
])('%s of %s may as well be %s', async (from, path, to) => {
  expect(await whyNot(path, { tables: said(from, to) })).toBeUndefined();
});

test.each<[string, string, string, string | undefined]>([
  ['md0', 'md/level', 'raid10', 'it is raid10, and no mirror'],
  ['md0', 'md/level', 'linear', 'it is linear, and no mirror'],
  ['md0', 'md/metadata_version', 'external:imsm', 'its superblocks are of an unknown kind (external:imsm)'],
  ['md0', 'md/metadata_version', '0.90', undefined],
  ['md0', 'md/array_state', 'inactive', 'it does not run as it should (inactive)'],
  ['md0', 'md/array_state', 'read-auto', undefined],
  ['md0', 'md/degraded', '1', 'it is degraded'],
  ['md0', 'md/resync_start', '2048', 'it is not in sync'],
  ['md0', 'md/sync_action', 'recover', 'it is not in sync'],
  ['md0', 'md/sync_action', 'repair', 'it is not in sync'],
  ['md0', 'md/sync_action', 'check', undefined],
  ['md0', 'md/reshape_position', '4096', 'it is not in sync'],
  ['md0', 'md/consistency_policy', 'journal', 'how it is kept in sync is not known (journal)'],
  ['md0', 'md/consistency_policy', 'bitmap', undefined],
  ['md0', 'md/dev-sda4/state', 'faulty', 'sda4 is no full member (faulty)'],
  ['md0', 'md/dev-sda4/state', 'spare', 'sda4 is no full member (spare)'],
  ['md0', 'md/dev-sda4/state', 'in_sync,write_mostly', 'sda4 is no full member (in_sync,write_mostly)'],
  ['md0', 'md/dev-sda4/state', 'in_sync,failfast', undefined],
  ['md0', 'md/dev-sda4/bad_blocks', '8 16', 'sda4 has bad blocks'],
  ['md0', 'md/dev-sda4/offset', 'none', 'where its data starts on sda4 is not known'],
  ['md0', 'md/dev-sda4/offset', '6144', 'it reaches beyond what it lies on'],
  ['md1', 'md/degraded', '1', 'it is degraded'],
  ['dm-10', 'dm/uuid', 'CRYPT-PLAIN-old', 'it is encrypted, and not by LUKS'],
  ['dm-10', 'dm/suspended', '1', 'it is suspended'],
  ['dm-10', 'dm/suspended', '0', undefined],
])('%s with %s of %s: %s', async (name, attribute, value, why) => {
  const path = { md0: '/dev/md0', md1: '/dev/mapper/twin' }[name] ?? '/dev/mapper/old';
  expect(await whyNot(path, { attributes: { [name]: { [attribute]: `${value}\n` } } })).toBe(why);
});

test('nobody is made to wait for what is suspended; what is not encrypted is read from the disk', async () => {
  const suspended = { 'dm/suspended': '1\n' };
  expect(await whyNot('/dev/mapper/safe-root', { attributes: { 'dm-8': suspended } })).toBe('it is suspended');
  expect(await whyNot('/dev/mapper/safe-root', { attributes: { 'dm-9': suspended } })).toBe('it is suspended');
  expect(await whyNot('/dev/mapper/office-plain', { attributes: { 'dm-0': suspended } })).toBeUndefined();
});

test('an array of which a kernel tells little, and what has partitions or anything else on it, are not mapped', async () => {
  const nothing = Object.fromEntries(
    ['metadata_version', 'degraded', 'resync_start'].map((file) => [`md/${file}`, '\n']),
  );
  expect(await whyNot('/dev/md0', { attributes: { md0: nothing } })).toMatch(/unknown kind/u);
  const parts = machineOfVolumes();
  const { blockDevices } = parts;
  const all = await createBlockDevices(
    createRecordedMachine({
      ...parts,
      blockDevices: blockDevices.map((each) => {
        if (each.name === 'dm-10') return { ...each, holders: ['bcache0'] };
        return each.name === 'md0' ? { ...each, partitions: ['md0p1'] } : each;
      }),
    }),
  ).all();
  const sda = all.find(({ name }) => name === disk);
  if (sda === undefined) throw new Error('no disk');
  const { unmapped } = mappedVolumesOf(sda, all, { tables, ids: idOf, readerOf: () => () => Promise.resolve() });
  expect(unmapped).toContainEqual(
    expect.objectContaining({ path: '/dev/md0', whyNot: 'it has partitions of its own' }),
  );
});

test('one that is used by nobody knows whom is not mapped', async () => {
  const known = (device: BlockDevice): string | undefined => (device.name === 'dm-10' ? undefined : idOf(device));
  const expected: UnmappedVolume = {
    path: '/dev/mapper/old',
    size: 8 * mebi,
    start: third * mebi,
    whyNot: 'who uses it cannot be told',
  };
  expect((await madeOf({}, known)).unmapped).toContainEqual(expected);
});

test('whatever tables say, a volume is covered once and in order, and shares no byte with another', async () => {
  const word = fc.oneof(
    fc.constantFrom('linear', 'crypt', '8:1', '8:0', '253:0', '253:2', '253:8', 'snapshot-origin', '0', '2048', '4096'),
    fc.string(),
  );
  const name = fc.constantFrom('office-plain', 'office-copied-real', 'locked', 'safe-root');
  const line = fc.tuple(name, fc.array(word, { maxLength: 6 })).map(([of, words]) => `${of}: ${words.join(' ')}`);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
      const { mapped } = await madeOf({ tables: lines.join('\n') });
      for (const { size, places } of mapped) {
        let next = 0;
        for (const { at, length } of places) {
          expect(at).toBe(next);
          next += length;
        }
        expect(next).toBe(size);
      }
      const runs = mapped.flatMap(({ places }) => places).toSorted((a, b) => a.start - b.start);
      for (const [i, { start, length }] of runs.entries())
        expect(start + length).toBeLessThanOrEqual(runs[i + 1]?.start ?? Infinity);
    }),
  );
});
