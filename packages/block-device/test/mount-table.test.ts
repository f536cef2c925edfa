import { expect, test } from '@jest/globals';
import { deviceNumber } from '../src/device-number.js';
import { mountOf, parseMount, parseMounts } from '../src/mount-table.js';

test('reads a line of mountinfo, with tags or without, and its escapes', () => {
  expect(parseMount('42 27 8:2 / /mnt/my\\040disk\\134x rw,relatime shared:1 master:2 - ext4 /dev/sda2 rw')).toEqual({
    id: 42,
    parent: 27,
    device: '8:2',
    root: '/',
    mountPoint: '/mnt/my disk\\x',
    fileSystem: 'ext4',
    source: '/dev/sda2',
    options: ['rw'],
    readOnly: false,
  });
  expect(parseMount('42 27 0:39 / /ü\\011b ro - fuse /images/ä\\040b.img ro,user_id=0')).toEqual({
    id: 42,
    parent: 27,
    device: '0:39',
    root: '/',
    mountPoint: '/ü\tb',
    fileSystem: 'fuse',
    source: '/images/ä b.img',
    options: ['ro', 'user_id=0'],
    readOnly: true,
  });
  // Only this view is read-only.
  expect(parseMount('42 27 8:2 / /mnt ro - ext4 /dev/sda2 rw')?.readOnly).toBe(false);
  expect(parseMount('')).toBeUndefined();
  expect(parseMount('42 27 8:2 / /mnt rw')).toBeUndefined();
});

test('finds the innermost mount, and the one that hides the others', () => {
  const source = (path: string, ...lines: readonly string[]): string | undefined =>
    mountOf(path, parseMounts(lines))?.source;
  const simple = [
    '1 0 8:1 / / rw - ext4 root rw',
    '2 1 8:1 / /a rw - ext4 a rw',
    '3 2 8:1 / /a/b rw - ext4 hidden rw',
    '4 3 8:1 / /a/b rw - ext4 b rw',
    '5 1 8:1 / /a-c rw - ext4 c rw',
  ];
  expect(['/', '/x', '/a', '/a/x', '/a/b', '/a/b/c', '/a-c/x', '/ab'].map((path) => source(path, ...simple))).toEqual([
    'root',
    'root',
    'a',
    'a',
    'b',
    'b',
    'c',
    'root',
  ]);
  // Two on one folder of one mount, as propagation may leave them: the last.
  const siblings = ['1 0 8:1 / / rw - ext4 root rw', '2 1 8:2 / /a rw - ext4 x rw', '3 1 8:3 / /a rw - ext4 y rw'];
  expect(source('/a/b', ...siblings)).toBe('y');
  // A mount over the whole hides what was mounted in it, however deep that is.
  const hiding = [
    '1 0 8:1 / / rw - ext4 root rw',
    '2 1 8:2 / /a/b rw - ext4 deep rw',
    '3 1 8:3 / /a rw - ext4 over rw',
  ];
  expect(['/a/b/c', '/a', '/b'].map((path) => source(path, ...hiding))).toEqual(['over', 'over', 'root']);
});

test('a table without a root, or in a circle, has no mount for a path', () => {
  expect(mountOf('/a', [])).toBeUndefined();
  const circle = parseMounts(['1 2 8:1 / /a rw - ext4 x rw', '2 1 8:1 / /a rw - ext4 y rw']);
  expect(mountOf('/a', circle)).toBeUndefined();
  const reachable = ['1 0 8:1 / / rw - ext4 x rw', '2 1 8:1 / /a rw - ext4 y rw', '1 2 8:1 / /a rw - ext4 z rw'];
  expect(mountOf('/a', parseMounts(reachable))).toBeDefined();
  const twice = parseMounts(['1 0 8:1 / /a rw - ext4 x rw', '1 1 8:1 / /a rw - ext4 y rw']);
  expect(mountOf('/a', twice)).toBeDefined();
});

test('splits the number of a device as glibc does', () => {
  expect(deviceNumber(1792n)).toBe('7:0');
  expect(deviceNumber(0xfe00n)).toBe('254:0');
  expect(deviceNumber((0x1234n << 32n) * 0n + ((0x103n & 0xfffn) << 8n) + 5n)).toBe('259:5');
  expect(deviceNumber((300n & 0xffn) | ((300n & ~0xffn) << 12n) | (8n << 8n))).toBe('8:300');
});
