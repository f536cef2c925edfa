import { expect, test } from '@jest/globals';
import { kitCases } from '../src/index.js';
import { plantedFaults, scoreKit } from './planted-faults.js';
import { memorySetups } from './memory-setups.js';

test('every planted fault is caught by the case that is about it, and every case is about one', async () => {
  const { caught, survivors, idle } = await scoreKit(memorySetups);
  expect(survivors).toEqual([]);
  expect(idle).toEqual([]);
  expect(caught).toHaveLength(plantedFaults.length);
  expect(caught.length).toBeGreaterThanOrEqual(60);
  expect(new Set(plantedFaults.map(({ name }) => name)).size).toBe(plantedFaults.length);
}, 120_000);

test('a sound target is accused by no case', async () => {
  const sound = kitCases.map(({ name }) => ({ name, caughtBy: name, spoil: <T>(target: T): T => target }));
  expect((await scoreKit(memorySetups, sound)).caught).toEqual([]);
}, 60_000);
