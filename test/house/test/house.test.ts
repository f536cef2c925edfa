import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readTree, roomsOf, rules } from '../src/index.js';

const tree = await readTree(join(import.meta.dirname, '../../../..'));

test('the whole house is looked at', () => {
  expect([...tree.keys()]).toEqual(expect.arrayContaining(['package.json', 'test/house/src/tree.ts', '.ci/run']));
  expect(roomsOf(tree).map(({ name }) => name)).toEqual(expect.arrayContaining(['@sysimage/core', '@sysimage/vhd']));
});

test.each(Object.entries(rules))('%s', (_, rule) => {
  expect(rule(tree)).toEqual([]);
});
