import { expect, test } from '@jest/globals';
import { plantedFaults, scoreKit } from '../src/planted-faults.js';
import { memorySetups } from './memory-setups.js';

test('every planted fault is caught, and a sound target is not accused', async () => {
  const { caught, survivors } = await scoreKit(memorySetups);
  expect(survivors).toEqual([]);
  expect(caught).toHaveLength(plantedFaults.length);
  expect(caught.length).toBeGreaterThanOrEqual(20);
  const sound = await scoreKit(memorySetups, [{ name: 'no fault', spoil: (target) => target }]);
  expect(sound.survivors).toEqual(['no fault']);
});
