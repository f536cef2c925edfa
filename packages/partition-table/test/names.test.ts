import { expect, test } from '@jest/globals';
import { attributeNames, partitionTypeName } from '../src/index.js';
import { discoverableTypeNames } from '../src/discoverable-type-names.js';
import { gptTypeNames } from '../src/gpt-type-names.js';
import { mbrTypeNames } from '../src/mbr-type-names.js';

test('every type has one name, under a well-formed key', () => {
  for (const [type, name] of [...gptTypeNames, ...discoverableTypeNames]) {
    expect(type).toMatch(/^[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}$/u);
    expect(name).not.toMatch(/undefined|\(\)| {2}/u);
    expect(gptTypeNames.has(type) && discoverableTypeNames.has(type)).toBe(false);
  }
  for (const type of mbrTypeNames.keys()) expect(type).toMatch(/^[0-9a-f]{2}$/u);
  expect(discoverableTypeNames.size).toBe(18 * 6);
});

test.each([
  ['07', 'NTFS or exFAT'],
  ['42', 'Windows dynamic disk'],
  ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', 'Windows recovery environment'],
  ['B921B045-1DF0-41C3-AF44-4C6F280D3FAE', 'Linux root (ARM-64)'],
  ['E7BB33FB-06CF-4E81-8273-E543B413E2E2', 'Linux /usr verity signature (x86-64)'],
  ['4FBD7E29-9D25-41B8-AFD0-062C0CEFF05D', 'Ceph OSD'],
  ['00', undefined],
  ['toString', undefined],
])('%s is called %s', (type, name) => {
  expect(partitionTypeName(type)).toBe(name);
});

test.each([
  ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', '8000000000000001', ['required', 'no drive letter']],
  [
    'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
    '7000000000000004',
    ['legacy BIOS bootable', 'read-only', 'shadow copy', 'hidden'],
  ],
  [
    '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709',
    '8800000000000002',
    ['no block I/O', 'grows with its file system', 'not mounted by itself'],
  ],
  ['FE3A2A5D-4F32-41A7-B725-ACCC3285A309', '0101000000000000', ['bit 48', 'bit 56']],
  ['07', undefined, []],
])('attributes of %s: %s', (type, attributes, names) => {
  expect(attributeNames({ type, attributes })).toEqual(names);
});
