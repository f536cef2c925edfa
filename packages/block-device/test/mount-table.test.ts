import { expect, test } from '@jest/globals';
import { deviceNumber } from '../src/device-number.js';
import { mountOf, parseMount } from '../src/mount-table.js';

test('reads a line of mountinfo, with tags or without, and its escapes', () => {
  expect(parseMount('42 27 8:2 / /mnt/my\\040disk\\134x rw,relatime shared:1 master:2 - ext4 /dev/sda2 rw')).toEqual({
    device: '8:2',
    mountPoint: '/mnt/my disk\\x',
    fileSystem: 'ext4',
    source: '/dev/sda2',
    readOnly: false,
  });
  expect(parseMount('42 27 0:39 / /ü\\011b ro - fuse /images/ä\\040b.img ro,user_id=0')).toEqual({
    device: '0:39',
    mountPoint: '/ü\tb',
    fileSystem: 'fuse',
    source: '/images/ä b.img',
    readOnly: true,
  });
  // Only this view is read-only.
  expect(parseMount('42 27 8:2 / /mnt ro - ext4 /dev/sda2 rw')?.readOnly).toBe(false);
  expect(parseMount('')).toBeUndefined();
  expect(parseMount('42 27 8:2 / /mnt rw')).toBeUndefined();
});

test('finds the innermost mount, and the one that hides the others', () => {
  const mount = (mountPoint: string, source: string): NonNullable<ReturnType<typeof parseMount>> => ({
    device: '8:1',
    mountPoint,
    source,
    fileSystem: 'ext4',
    readOnly: false,
  });
  const mounts = [
    mount('/', 'root'),
    mount('/a', 'a'),
    mount('/a/b', 'hidden'),
    mount('/a/b', 'b'),
    mount('/a-c', 'c'),
  ];
  const source = (path: string): string | undefined => mountOf(path, mounts)?.source;
  expect(['/', '/x', '/a', '/a/x', '/a/b', '/a/b/c', '/a-c/x', '/ab'].map(source)).toEqual([
    'root',
    'root',
    'a',
    'a',
    'b',
    'b',
    'c',
    'root',
  ]);
});

test('splits the number of a device as glibc does', () => {
  expect(deviceNumber(1792n)).toBe('7:0');
  expect(deviceNumber(0xfe00n)).toBe('254:0');
  expect(deviceNumber((0x1234n << 32n) * 0n + ((0x103n & 0xfffn) << 8n) + 5n)).toBe('259:5');
  expect(deviceNumber((300n & 0xffn) | ((300n & ~0xffn) << 12n) | (8n << 8n))).toBe('8:300');
});
