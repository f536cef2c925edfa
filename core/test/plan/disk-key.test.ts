import { expect, test } from '@jest/globals';
import { isObjectName } from '../../src/contract/names.js';
import { computerNames } from '../../src/image/names.js';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import { diskKey } from '../../src/plan/disk-key.js';
import { hasher } from '../hasher.js';
import { emptyLayout } from '../records.js';

const gpt: DiskLayout = { ...emptyLayout, scheme: 'gpt', id: '0123ABCD-0000-4000-8000-000000000001' };
const mbr: DiskLayout = { ...emptyLayout, scheme: 'mbr', id: '5ca1ab1e' };
const { id: _, ...withoutId } = emptyLayout;
const bare: DiskLayout = { ...withoutId, scheme: 'none' };
const fat: DiskLayout['volumes'][number] = {
  partition: 0,
  start: 0,
  size: 1,
  id: '1A2B-3C4D',
  consistency: 'clean',
  copied: 'used',
  usedBytes: 0,
};
const keyOf = (layout: DiskLayout, path = '/dev/sda'): string => diskKey(layout, path, hasher);

test('a GPT disk is its GUID, wherever it is plugged in', () => {
  expect(keyOf(gpt)).toBe('gpt-0123abcd-0000-4000-8000-000000000001');
  expect(keyOf(gpt, '/dev/sdb')).toBe(keyOf(gpt));
  expect(keyOf({ ...gpt, serial: 'S1', size: 1, volumes: [fat] })).toBe(keyOf(gpt));
});

test('an MBR disk is its signature and its serial number, because copies share the signature', () => {
  expect(keyOf(mbr)).toBe('mbr-5ca1ab1e');
  expect(keyOf(mbr, '/elsewhere.img')).toBe(keyOf(mbr));
  const one = keyOf({ ...mbr, serial: 'S1' });
  expect(one).toMatch(/^mbr-5ca1ab1e-[0-9a-f]{12}$/u);
  expect(keyOf({ ...mbr, serial: 'S2' })).not.toBe(one);
});

test('a disk without an identity is its serial number, its only file system, or its path', () => {
  const serial = keyOf({ ...bare, serial: 'S1', volumes: [fat] });
  const fileSystem = keyOf({ ...bare, volumes: [fat] });
  const path = keyOf(bare);
  expect(serial).toMatch(/^serial-[0-9a-f]{12}$/u);
  expect(fileSystem).toMatch(/^volume-[0-9a-f]{12}$/u);
  expect(path).toMatch(/^path-[0-9a-f]{12}$/u);
  expect(keyOf({ ...bare, serial: 'S1' }, '/dev/sdz')).toBe(serial);
  expect(keyOf({ ...bare, volumes: [fat] }, '/dev/sdz')).toBe(fileSystem);
  expect(keyOf(bare, '/dev/sdz')).not.toBe(path);
  expect(keyOf({ ...bare, scheme: 'mbr' })).toBe(path);
});

test('the disks of one pool are several', () => {
  for (const more of [{ fileSystem: 'btrfs', pool: { id: 'F', members: 2 } }, { fileSystem: 'md' }]) {
    const layout = { ...bare, volumes: [{ ...fat, ...more }] };
    expect(keyOf(layout, '/dev/vdb')).not.toBe(keyOf(layout, '/dev/vdc'));
    expect(keyOf(layout, '/dev/vdb')).toBe(keyOf(layout, '/dev/vdb'));
  }
});

test('every key is part of legal names', () => {
  const id = '20260101t000000000z-aaaa';
  for (const key of [gpt, mbr, { ...mbr, serial: 'a/b c' }, bare, { ...bare, serial: '../..' }].map((one) =>
    keyOf(one),
  )) {
    const names = computerNames('a'.repeat(57));
    expect(isObjectName(names.layer(key, id, id))).toBe(true);
    expect(names.disk(key).split('/')).toHaveLength(3);
  }
});
