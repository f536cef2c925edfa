import { expect, test } from '@jest/globals';
import { catalogFacts } from '../../src/flow/catalog-facts.js';
import type { Catalog } from '../../src/image/catalog.js';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import type { VersionRecord } from '../../src/model/version-record.js';
import { ageOf, beforeOf } from '../../src/plan/earlier-versions.js';
import { diskRecord, emptyLayout, key, versionId, versionRecord } from '../records.js';

const now = new Date('2026-01-11T00:00:00Z');
const layout: DiskLayout = { ...emptyLayout, serial: 'S', model: 'M' };
const system = (name: string, disk: number): NonNullable<VersionRecord['systems']>[number] => ({
  family: 'linux',
  name,
  needs: [{ disk, partition: 1, role: 'boot', taken: true }],
  startKnown: true,
});

function version(day: number, extra: Partial<VersionRecord>): VersionRecord {
  return versionRecord(versionId(day), { createdAt: `2026-01-0${day}T00:00:00.000Z`, ...extra });
}

function before(
  versions: readonly VersionRecord[],
  disk: { readonly key: string; readonly layout: DiskLayout; readonly path?: string } = { key, layout },
): ReturnType<typeof beforeOf> {
  const catalog: Pick<Catalog, 'computer' | 'versions' | 'lost' | 'openRuns'> = {
    computer: undefined,
    versions,
    lost: [],
    openRuns: [],
  };
  return beforeOf(catalogFacts(catalog), { path: '/dev/sda', ...disk }, now);
}

const held = (id: number, more: object = {}) => diskRecord(versionId(id), { layout, ...more });
const other = (id: number, more: object = {}) => held(id, { index: 1, key: 'gpt-2', layout: emptyLayout, ...more });

test('of each disk the newest version that holds it counts, and the systems on that disk', () => {
  const versions = [
    version(1, { disks: [held(1), other(1)], systems: [system('one', 0), system('two', 1)] }),
    version(2, { disks: [held(2)], systems: [system('one', 0)] }),
  ];
  const [first, second] = [before(versions), before(versions, { key: 'gpt-2', layout: emptyLayout })];
  expect(first).toMatchObject({ createdAt: '2026-01-02T00:00:00.000Z', systems: [{ name: 'one' }], goodDaysAgo: 9 });
  expect(second).toMatchObject({ createdAt: '2026-01-01T00:00:00.000Z', systems: [{ name: 'two' }], goodDaysAgo: 10 });
  expect(before(versions, { key: 'gpt-3', layout: emptyLayout })).toBeUndefined();
});

test('what is doubtful is the newest all the same, and no good one', () => {
  const good = version(1, { disks: [held(1)] });
  const live = version(2, { disks: [held(2)], consistency: 'live' });
  const holes = version(3, { disks: [held(3, { unreadable: [{ start: 0, end: 512 }] })] });
  expect(before([good, live, holes])).toMatchObject({
    createdAt: '2026-01-03T00:00:00.000Z',
    unreadableBytes: 512,
    goodDaysAgo: 10,
  });
  expect(before([live, holes])).toMatchObject({ goodDaysAgo: undefined });
});

test('a disk with a new table is known by its hardware, and told to be laid out anew', () => {
  const versions = [version(1, { disks: [held(1)], systems: [system('one', 0)] })];
  const anew = { key: 'gpt-new', layout: { ...layout, id: 'BB' } };
  expect(before(versions, anew)).toMatchObject({
    differences: ['its identifier is BB, not AA'],
    systems: [{ name: 'one' }],
  });
  // Once there is a version of the new table, it counts.
  const next = version(2, { disks: [held(2, { key: 'gpt-new', layout: anew.layout })] });
  expect(before([...versions, next], anew)).toMatchObject({ differences: [], systems: [] });
  for (const unlike of [{ serial: undefined }, { serial: 'T' }, { model: 'N' }, { size: 1 }])
    expect(before(versions, { ...anew, layout: { ...anew.layout, ...unlike } })).toBeUndefined();
});

test('so is one without a serial number in the same place', () => {
  const nameless = { ...layout, serial: undefined };
  const versions = [version(1, { disks: [held(1, { path: '/images/pc.img', layout: nameless })] })];
  const anew = { key: 'gpt-new', path: '/images/pc.img', layout: { ...nameless, id: 'BB' } };
  expect(before(versions, anew)).toMatchObject({ differences: ['its identifier is BB, not AA'] });
  expect(before(versions, { ...anew, path: '/images/other.img' })).toBeUndefined();
  expect(before(versions, { ...anew, layout: { ...anew.layout, size: 1 } })).toBeUndefined();
  expect(before([version(1, { disks: [held(1, { path: '/images/pc.img' })] })], anew)).toBeUndefined();
});

test('a version of a wrong clock is in the future, also when later ones are not', () => {
  const moments = ['2026-01-09T00:00:00.000Z', '2030-01-11T00:00:00.000Z', '2026-01-10T00:00:00.000Z'];
  const versions = moments.map((createdAt, i) => version(i + 1, { createdAt }));
  const facts = catalogFacts({ computer: undefined, versions, lost: [], openRuns: [] }).versions;
  expect(ageOf(facts, now)).toEqual({ daysAgo: 1, secondsAhead: 4 * 365.25 * 24 * 3600 });
  expect(ageOf(facts.slice(0, 1), now)).toEqual({ daysAgo: 2, secondsAhead: 0 });
  expect(ageOf([], now)).toBeUndefined();
});
