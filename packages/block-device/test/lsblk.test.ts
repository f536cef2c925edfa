import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askLsblk, readLsblk } from '../src/lsblk.js';

test('facts by number, however deep they stand, trimmed, and only what is there', () => {
  const child = { 'maj:min': '8:1', name: 'sda1', fstype: 'ext4', label: ' root ', uuid: '', partlabel: null };
  const disk = { 'maj:min': '8:0', name: 'sda', type: 'disk', model: 'A disk   ', children: [child] };
  const found = readLsblk({ blockdevices: [disk, { 'maj:min': '9:0', type: 'raid1', uuid: 12 }, child] });
  expect([...found.keys()].toSorted()).toEqual(['8:0', '8:1', '9:0']);
  expect(found.get('8:0')).toEqual({ type: 'disk', model: 'A disk' });
  expect(found.get('8:1')).toEqual({ fileSystem: 'ext4', label: 'root' });
  expect(found.get('9:0')).toEqual({ type: 'raid1', id: '12' });
  expect(readLsblk(undefined).size).toBe(0);
});

test('what is not of lsblk is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.anything(), (output) => {
      try {
        readLsblk({ blockdevices: [output] });
        readLsblk(output);
      } catch (error) {
        expect(error instanceof TypeError && error.message.startsWith('lsblk')).toBe(true);
      }
    }),
  );
  const many = Array.from({ length: 16_385 }, (_, i) => ({ 'maj:min': `8:${i}` }));
  expect(() => readLsblk({ blockdevices: many })).toThrow(RangeError);
});

test('a program that is not there, or says what lsblk never would, has no facts', async () => {
  expect(await askLsblk('/not/there')).toBeUndefined();
  expect(await askLsblk('/bin/true')).toBeUndefined();
  const folder = mkdtempSync(join(tmpdir(), 'sysimage-lsblk-'));
  const program = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };
  try {
    expect(await askLsblk(program('odd', `echo '{"blockdevices":[{"name":"sda"}]}'`))).toBeUndefined();
    // An older one does not know every column.
    const old = program('old', `[ "$3" = --output-all ] && echo '{"blockdevices":[{"maj:min":"8:0"}]}'`);
    expect(await askLsblk(old)).toEqual({ blockdevices: [{ 'maj:min': '8:0' }] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
