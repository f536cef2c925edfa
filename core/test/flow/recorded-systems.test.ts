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
  expect(systemsAmong({ systems: [system] }, ['/dev/sda', '/dev/sdb', '/dev/sdc']).systems).toMatchObject([
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
  expect(systemsAmong({ systems: [system] }, ['/dev/sda', '/dev/sdc']).systems).toEqual([]);
});

test('what starts it lies on another disk: then that is not known', () => {
  expect(systemsAmong({ systems: [system] }, ['/dev/sdb']).systems).toMatchObject([
    { startKnown: false, needs: [{ disk: 0 }] },
  ]);
  const [own, start] = system.needs;
  const needs = [own, start, { disk: '/dev/sdc', partition: 4, role: 'recovery' as const }].flatMap(
    (need) => need ?? [],
  );
  expect(systemsAmong({ systems: [{ ...system, needs }] }, ['/dev/sdb', '/dev/sda']).systems).toMatchObject([
    { startKnown: true },
  ]);
});

test('more of it lies on another disk: then not all that it needs is known', () => {
  expect(systemsAmong({ systems: [system] }, ['/dev/sdb', '/dev/sda']).systems).toMatchObject([{ startKnown: false }]);
});

test('what nobody could look into, of these disks', () => {
  const unread = ['/dev/sda', '/dev/sdb'].map((disk) => ({ disk, partition: 2, why: 'nobody can look into xfs' }));
  expect(systemsAmong({ unread }, ['/dev/sdb']).unread).toEqual([
    { disk: 0, partition: 2, why: 'nobody can look into xfs' },
  ]);
});
