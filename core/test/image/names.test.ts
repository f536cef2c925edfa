import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isObjectName } from '../../src/contract/names.js';
import { computerFolder, computerNames, parseLayerName } from '../../src/image/names.js';
import { anyLetter } from '../any-letter.js';
import { hasher } from '../hasher.js';
import { versionId } from '../records.js';

const folder = (name: string): string => computerFolder(name, hasher);

test('a legal name is its own folder, whatever the case', () => {
  for (const name of ['pc', 'PC', 'Pc', 'my-pc', 'server_1.lan', '0', 'a'.repeat(48)]) {
    expect(folder(name)).toBe(name.toLowerCase());
  }
});

test('names that look alike after cleaning get folders of their own', () => {
  const alike = ['My PC', 'my-pc', 'MY PC!', 'my_pc', 'my.pc', 'my  pc', ' my pc', 'my-pc.', '.my-pc', '-my-pc'];
  expect(new Set(alike.map(folder)).size).toBe(alike.length);
  expect(folder('My PC')).toBe(folder('MY pc'));
  expect(folder('My PC')).toMatch(/^my-pc-[0-9a-f]{8}$/u);
});

test('equal folders mean names that are equal up to case', () => {
  const letters = fc.constantFrom('a', 'A', 'b', '-', ' ', '.', '_', '!', 'é', 'É', '/', '0');
  const name = fc.array(letters, { maxLength: 5 }).map((all) => all.join(''));
  fc.assert(
    fc.property(name, name, (one, two) => {
      expect(folder(one) === folder(two)).toBe(one.toLowerCase() === two.toLowerCase());
    }),
    { numRuns: 800 },
  );
});

test.each([
  '',
  '.',
  '..',
  '...',
  '-',
  '💻',
  'con',
  'NUL.txt',
  'com1',
  'a/b/c',
  '../../etc',
  'ä'.repeat(300),
  `${'a'.repeat(47)}.b`,
])('the folder of %j is one legal segment', (name) => {
  expect(isObjectName(folder(name))).toBe(true);
  expect(folder(name)).not.toContain('/');
});

test('whatever a computer is called, all its names are legal', () => {
  const id = versionId(1);
  const key = 'gpt-01234567-89ab-cdef-0123-456789abcdef';
  fc.assert(
    fc.property(fc.string({ unit: anyLetter, maxLength: 120 }), (name) => {
      const names = computerNames(folder(name));
      for (const made of [
        names.folder,
        names.computer,
        names.version(id),
        names.run(id),
        names.lease('0123456789abcdef'),
        names.firstImage(key, 'vhd'),
        names.image(key, id, 'vhd'),
        names.layer(key, id, id),
        names.shard(key, id, 9999),
        names.allocation(key, id),
      ]) {
        expect(isObjectName(made)).toBe(true);
        expect(made.startsWith(`${names.folder}/`) || made === names.folder).toBe(true);
      }
    }),
  );
});

test('the name of a layer tells base and run', () => {
  const names = computerNames('pc');
  const [base, run] = [versionId(1), versionId(2, 'zz09')];
  expect(parseLayerName(names.layer('k', base, run))).toEqual({ base, run, merged: false });
  const merged = names.mergedLayer('k', base, run, versionId(3, 'q0z9'));
  expect(merged).toMatch(/-q0z9\.layer$/u);
  expect(parseLayerName(merged)).toEqual({ base, run, merged: true });
  for (const other of [
    names.firstImage('k', 'vhd'),
    names.shard('k', run, 0),
    `${names.layers('k')}/${base}.layer`,
    `${names.layers('k')}/${base}-${run}.layer.old`,
    `${names.layers('k')}/x${base}-${run}.layer`,
    `${names.layers('k')}/${base}-${run.toUpperCase()}.layer`,
    '',
  ]) {
    expect(parseLayerName(other)).toBeUndefined();
  }
});
