import { expect, test } from '@jest/globals';
import { dynamicFrom, isDynamic } from '../src/dynamic-disk.js';

function mbr(...types: readonly number[]): Buffer {
  const start = Buffer.alloc(2 * 512 + 128 * 128);
  start.writeUInt16LE(0xaa55, 510);
  types.forEach((type, index) => start.writeUInt8(type, 446 + 16 * index + 4));
  return start;
}

function gpt(...types: readonly string[]): Buffer {
  const start = mbr(0xee);
  start.write('EFI PART', 512, 'latin1');
  start.writeBigUInt64LE(2n, 512 + 72);
  start.writeUInt32LE(128, 512 + 80);
  start.writeUInt32LE(128, 512 + 84);
  types.forEach((type, index) => {
    const [a = '', b = '', c = '', d = '', e = ''] = type.split('-');
    const little = [a, b, c].map((part) => Buffer.from(part, 'hex').reverse().toString('hex')).join('');
    start.write(little + d + e, 1024 + 128 * index, 'hex');
  });
  return start;
}

test('LDM is told by the types in the table', () => {
  expect(dynamicFrom(mbr(0x07, 0x27), 512)).toBe('no');
  expect(dynamicFrom(mbr(0x42), 512)).toBe('yes');
  expect(dynamicFrom(gpt('EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'), 512)).toBe('no');
  expect(dynamicFrom(gpt('E3C9E316-0B5C-4DB8-817D-F92DF00215AE', '5808C8AA-7E8F-42E0-85D2-E1E90434CFB3'), 512)).toBe(
    'yes',
  );
  expect(dynamicFrom(gpt('AF9B60A0-1431-4F62-BC68-3311714A69AD'), 512)).toBe('yes');
});

test('no table is not dynamic, nothing readable is unknown, nonsense does not throw', async () => {
  expect(dynamicFrom(Buffer.alloc(512), 512)).toBe('no');
  expect(dynamicFrom(Buffer.alloc(100), 512)).toBe('unknown');
  const absurd = gpt('AF9B60A0-1431-4F62-BC68-3311714A69AD');
  absurd.writeBigUInt64LE(2n ** 63n, 512 + 72);
  expect(dynamicFrom(absurd, 512)).toBe('no');
  expect(dynamicFrom(gpt().subarray(0, 600), 512)).toBe('no');
  expect(await isDynamic('/not/there', 512)).toBe('unknown');
});
