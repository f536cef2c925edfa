import { expect, test } from '@jest/globals';
import { systemsAmong } from '../../src/flow/recorded-systems.js';
import type { SystemFacts } from '../../src/model/planning-facts.js';

const system: SystemFacts = {
  family: 'linux',
  name: 'Debian',
  needs: [
    { disk: '/dev/sdb', partition: 1, role: 'boot' },
    { disk: '/dev/sda', partition: 1, role: 'system' },
    { disk: '/dev/sdc', partition: 3, role: 'part' },
  ],
  startKnown: true,
};

test('a system is found where its own volume is, with what it needs there', () => {
  expect(systemsAmong([system], ['/dev/sda', '/dev/sdb', '/dev/sdc'])).toMatchObject([
    {
      name: 'Debian',
      startKnown: true,
      needs: [
        { disk: 1, partition: 1, role: 'boot' },
        { disk: 0, partition: 1, role: 'system' },
        { disk: 2, partition: 3, role: 'part' },
      ],
    },
  ]);
  expect(systemsAmong([system], ['/dev/sda', '/dev/sdc'])).toEqual([]);
});

test('what starts it lies on another disk: then that is not known', () => {
  expect(systemsAmong([system], ['/dev/sdb'])).toMatchObject([{ startKnown: false, needs: [{ disk: 0 }] }]);
  expect(systemsAmong([system], ['/dev/sdb', '/dev/sda'])).toMatchObject([{ startKnown: true }]);
});
