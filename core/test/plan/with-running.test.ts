import { expect, test } from '@jest/globals';
import type { InstalledSystem } from '@sysimage/installed-systems';
import type { SourceMount } from '../../src/contract/source.js';
import { withRunning } from '../../src/plan/with-running.js';

const esp = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

/** A disk of partitions of 10 bytes, the first of which is an ESP. */
function disk(...mounts: readonly (readonly [number | undefined, string])[]) {
  const numbers = [1, 2, 3, 4];
  return {
    source: {
      mounts: mounts.map(([offset, mountPoint]): SourceMount => {
        return { mountPoint, readOnly: false, ...(offset === undefined ? {} : { offset }) };
      }),
    },
    layout: {
      scheme: 'gpt' as const,
      partitions: numbers.map((index) => {
        return {
          index,
          start: index * 10,
          size: 10,
          type: index === 1 ? esp : '',
          active: false,
          kind: 'primary' as const,
        };
      }),
      volumes: numbers.map((partition) => {
        const how = { consistency: 'clean', copied: 'used', usedBytes: 0 } as const;
        return { partition, start: partition * 10, size: 10, ...how };
      }),
    },
  };
}

const need = (partition: number, role: string, of = 0): object => ({ disk: of, partition, role });
const debian: InstalledSystem = {
  family: 'linux',
  name: 'Debian',
  version: '12',
  build: undefined,
  needs: [{ disk: 0, partition: 3, role: 'boot' }],
  startKnown: false,
  missing: ['/var', '/boot'],
};

test('a root into which nobody can look is known by its mounts', () => {
  const own = disk([35, '/'], [36, '/home'], [20, '/boot'], [undefined, '/usr']);
  expect(withRunning([debian], [disk([10, '/boot']), own])).toEqual([
    debian,
    {
      family: 'linux',
      name: 'Linux',
      version: undefined,
      build: undefined,
      needs: [need(3, 'boot', 1), need(1, 'system', 0), need(2, 'system', 1), need(1, 'system', 1)],
      startKnown: true,
      missing: [],
    },
  ]);
});

test('every volume that holds some of the root is its own', () => {
  const found = withRunning([], [disk([30, '/'], [40, '/']), disk([20, '/'])]);
  expect(found[0]?.needs).toEqual([
    need(3, 'boot'),
    need(4, 'boot'),
    need(2, 'boot', 1),
    need(1, 'system'),
    need(1, 'system', 1),
  ]);
});

test('what was found of it and what it has mounted make up one system', () => {
  expect(withRunning([debian], [disk([30, '/'], [40, '/var'])])).toMatchObject([
    { name: 'Debian', needs: [need(3, 'boot'), need(4, 'part')], startKnown: false, missing: ['/boot'] },
  ]);
  expect(withRunning([debian], [disk([30, '/'], [20, '/boot'], [40, '/var'])])).toMatchObject([
    { needs: [need(3, 'boot'), need(2, 'system'), need(4, 'part')], startKnown: true, missing: [] },
  ]);
});

test('one of which only its loader tells, and a root that lies on what nobody can look into, are one system', () => {
  const fedora = { ...debian, name: 'Fedora', startKnown: true, missing: ['/'] };
  const byLoader = (partition: number): InstalledSystem => ({
    ...fedora,
    needs: [{ disk: 0, partition, role: 'system' }],
  });
  const whole = { name: 'Fedora', startKnown: true, missing: [] };
  expect(withRunning([byLoader(2)], [disk([30, '/'], [20, '/boot'])])).toMatchObject([
    { ...whole, needs: [need(3, 'boot'), need(2, 'system')] },
  ]);
  // Nothing mounts the ESP.
  expect(withRunning([byLoader(1)], [disk([30, '/'])])).toMatchObject([
    { ...whole, needs: [need(3, 'boot'), need(1, 'system')] },
  ]);
  expect(withRunning([byLoader(4)], [disk([30, '/'], [20, '/boot'])])).toMatchObject([byLoader(4), { name: 'Linux' }]);
  // Where another system lies, the running one may have mounted what it likes.
  expect(withRunning([debian], [disk([20, '/'], [30, '/opt'])])).toMatchObject([debian, { name: 'Linux' }]);
});

test('where no root is mounted from, nothing is added', () => {
  expect(withRunning([debian], [disk([20, '/boot'], [undefined, '/'])])).toEqual([debian]);
});

test('behind a master boot record no other volume has to start it', () => {
  const { source, layout } = disk([30, '/']);
  const partitions = layout.partitions.map((each) => ({ ...each, type: '83' }));
  const startKnown = (scheme: 'gpt' | 'mbr'): unknown =>
    withRunning([], [{ source, layout: { ...layout, scheme, partitions } }])[0]?.startKnown;
  expect(startKnown('mbr')).toBe(true);
  expect(startKnown('gpt')).toBe(false);
});
