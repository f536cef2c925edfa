import { isSysimageError } from '@sysimage/core/plugin';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMachineRecord, recordedDisks } from '../src/index.js';
import { laptop, server } from './recorded-machines.js';

const refusal = (change: object): string => {
  try {
    parseMachineRecord(JSON.stringify({ ...laptop, ...change }), 'machine.json');
  } catch (error) {
    if (isSysimageError(error, 'invalid')) return error.message;
    throw error;
  }
  return 'taken';
};

test('a record is taken as it was written', () => {
  for (const machine of [laptop, server]) {
    expect(parseMachineRecord(JSON.stringify(machine), 'x')).toEqual(machine);
  }
});

test('what is no record is refused, with what and where', () => {
  expect(() => parseMachineRecord('{', 'machine.json')).toThrow('machine.json is no recorded machine: it is not JSON');
  expect(() => parseMachineRecord('[]', 'x')).toThrow(/no recorded machine/u);
  expect(refusal({ format: 'sysimage-machine/2' })).toContain('its format is not sysimage-machine/1');
  expect(refusal({ surprise: true })).toContain('surprise');
  expect(refusal({ mountinfo: ['nonsense'] })).toContain('mountinfo.0: this is no line of mountinfo');
  expect(refusal({ lsblk: { blockdevices: [{ name: 'sda' }] } })).toContain(
    'lsblk: lsblk shows a device without a number',
  );
  expect(refusal({ lsblk: [] })).toContain('lsblk has no list "blockdevices"');
  const [first, second] = laptop.blockDevices;
  expect(refusal({ blockDevices: [first, second, first] })).toContain('"nvme0n1" stands there twice');
  for (const name of ['..', 'a/b', '']) {
    expect(refusal({ blockDevices: [{ ...first, name }] })).toContain('blockDevices.0.name');
  }
  expect(refusal({ blockDevices: Array.from({ length: 16_385 }, () => first) })).toContain('blockDevices');
  expect(refusal({ tool: 'x'.repeat(5000) })).toContain('tool');
});

test('whatever stands there, it is refused or answered', async () => {
  const texts = [...JSON.stringify(laptop).matchAll(/"[^"]*"/gu)].map(([text]) => text);
  const pick = fc.nat({ max: texts.length - 1 });
  const change = fc.tuple(
    pick,
    fc.oneof(
      pick.map((i) => texts[i] ?? ''),
      fc.json({ maxDepth: 2 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(laptop, server),
      async (changes, machine) => {
        let json = JSON.stringify(machine);
        for (const [at, text] of changes) json = json.replaceAll(texts[at] ?? '', () => text);
        let disks;
        try {
          disks = recordedDisks(json, 'x');
        } catch (error) {
          if (isSysimageError(error, 'invalid')) return;
          throw error;
        }
        await disks.list();
        await disks.record({ recordedAt: new Date(0) });
        for (const path of ['/', '/home/x', '/dev/sda1', '/data']) await disks.disksBelow(path);
      },
    ),
    { numRuns: 150 },
  );
});

test('circles of devices, and devices of devices of devices, come to an end', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `dm-${i}`);
  const blockDevices = ['sda', ...names].map((name, i) => ({
    name,
    attributes: { dev: `252:${i}`, size: '8' },
    partitions: [],
    slaves: names,
    holders: names,
  }));
  const disks = recordedDisks(JSON.stringify({ ...server, blockDevices, btrfs: [] }), 'x');
  expect(await disks.list()).toHaveLength(1);
  expect(await disks.disksBelow('/dev/dm-3')).toMatchObject({ known: false });
});
