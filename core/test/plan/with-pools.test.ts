import { expect, test } from '@jest/globals';
import type { InstalledSystem } from '@sysimage/installed-systems';
import { withPools } from '../../src/plan/with-pools.js';

const need = (disk: number, partition: number, role: 'boot' | 'system') => ({ disk, partition, role });
const system: InstalledSystem = {
  family: 'linux',
  name: 'Fedora',
  version: undefined,
  build: undefined,
  needs: [need(0, 2, 'boot'), need(0, 1, 'system')],
  startKnown: true,
  missing: [],
};

function disk(...pools: readonly (string | undefined)[]): Parameters<typeof withPools>[1][number] {
  const how = { size: 10, consistency: 'clean', copied: 'used', usedBytes: 0 } as const;
  return {
    layout: {
      volumes: pools.map((id, index) => ({
        ...how,
        partition: index + 1,
        start: index * 10,
        ...(id === undefined ? {} : { pool: { id, members: 2 } }),
      })),
    },
  };
}

test('a system lies on all volumes of its pool', () => {
  const disks = [disk(undefined, 'a', 'b'), disk('b', 'a')];
  const whole = [need(0, 2, 'boot'), need(1, 2, 'boot'), need(0, 1, 'system')];
  expect(withPools([system], disks)[0]?.needs).toEqual(whole);
  // What is known by its mounts is not told twice.
  expect(withPools([{ ...system, needs: whole }], disks)[0]?.needs).toEqual(whole);
  expect(withPools([system], [disk(undefined, undefined, 'b'), disk('b')])).toEqual([system]);
});
