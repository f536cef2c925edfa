import { expect, test } from '@jest/globals';
import { findFirmwareGap, firmwareEntriesOf } from '../../src/flow/firmware-entries.js';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import type { Machine } from '../../src/contract/services.js';
import { diskRecord, emptyLayout, versionId, versionRecord } from '../records.js';

const partition = { index: 2, start: 2048 * 4096, size: 4096, type: '', active: false, kind: 'primary' } as const;
const id = 'AAAAAAAA-0000-4000-8000-000000000002';
const gpt: DiskLayout = { ...emptyLayout, partitions: [{ ...partition, id: id.toLowerCase() }] };
const mbr: DiskLayout = { ...emptyLayout, scheme: 'mbr', id: '1234ABCD', sectorSize: 4096, partitions: [partition] };
const disks = [gpt, mbr].map((layout, index) => diskRecord(versionId(1), { index, layout }));

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');

/** An entry that starts `\a.efi` from a partition. */
function option(title: string, place: 'gpt' | 'mbr' | 'elsewhere', { active = 1, data = '' } = {}): Uint8Array {
  const node = Buffer.alloc(42);
  node.set([4, 1, 42, 0, 2]);
  node.writeBigUInt64LE(2048n, 8);
  const identity = { gpt: 'aaaaaaaa000000408000000000000002', mbr: 'cdab3412', elsewhere: 'ff'.repeat(16) }[place];
  node.set(Buffer.from(identity, 'hex'), 24);
  node.set(place === 'mbr' ? [1, 1] : [2, 2], 40);
  const path = Buffer.concat([node, Buffer.from([4, 4, 18, 0]), wide('\\a.efi'), Buffer.from([0x7f, 0xff, 4, 0])]);
  const head = Buffer.from([active, 0, 0, 0, path.length, 0]);
  return new Uint8Array(Buffer.concat([head, wide(title), path, Buffer.from(data, 'hex')]));
}

const variables: ReadonlyMap<string, Uint8Array> = new Map([
  ['Boot0000', option('gpt', 'gpt', { data: '00ff' })],
  ['Boot0001', option('elsewhere', 'elsewhere')],
  ['Boot0002', new Uint8Array(3)],
  ['Boot000A', option('mbr', 'mbr')],
  ['Boot000B', option('off', 'mbr', { active: 0 })],
  ['BootOrder', new Uint8Array([10, 0, 1, 0, 0, 0])],
  ['BootCurrent', new Uint8Array([0, 0])],
]);

const entry = { active: true, current: false, partition: 2, file: '\\a.efi' };
const recorded = [
  { ...entry, number: 10, title: 'mbr', place: 0, disk: 1 },
  { ...entry, number: 0, title: 'gpt', place: 2, disk: 0, current: true, data: '00ff' },
  { ...entry, number: 11, title: 'off', disk: 1, active: false },
];

test('entries are those of the disks, in the order in which they are tried', () => {
  expect(firmwareEntriesOf(variables, disks)).toEqual(recorded);
  expect(firmwareEntriesOf(variables, disks.slice(1)).map(({ title }) => title)).toEqual(['mbr', 'off']);
  expect(firmwareEntriesOf(undefined, disks)).toEqual([]);
});

function machine(shown: ReadonlyMap<string, Uint8Array> | undefined): Machine {
  return {
    hostName: 'pc',
    machineId: undefined,
    holder: () => Promise.reject(new Error('is not asked')),
    fateOf: () => Promise.reject(new Error('is not asked')),
    firmwareVariables: async () => shown,
  };
}

test('what a firmware lacks is what started these disks, and is not there under any number', async () => {
  const version = versionRecord(versionId(1), { disks, firmwareEntries: recorded });
  const [mbrEntry, gptEntry] = recorded;
  expect(await findFirmwareGap(version, [0, 1], machine(new Map()))).toEqual({
    known: true,
    missing: [mbrEntry, gptEntry],
  });
  expect(await findFirmwareGap(version, [0], machine(undefined))).toEqual({ known: false, missing: [gptEntry] });
  const moved = new Map([['Boot0F00', option('another name', 'gpt')]]);
  expect(await findFirmwareGap(version, [0, 1], machine(moved))).toEqual({ known: true, missing: [mbrEntry] });
  expect(await findFirmwareGap(version, [0, 1], machine(variables))).toEqual({ known: true, missing: [] });
});
