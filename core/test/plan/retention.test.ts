import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VersionRecord } from '../../src/model/version-record.js';
import { chooseRetained, retentionPeriods, type RetentionRules } from '../../src/plan/retention.js';
import { diskRecord, versionId, versionRecord } from '../records.js';

interface Facts {
  readonly taken: Date;
  readonly disks?: readonly string[];
  readonly good?: boolean;
}

function record({ taken, disks = ['one'], good = true }: Facts, index: number): VersionRecord {
  const id = versionId(index);
  return versionRecord(id, {
    createdAt: taken.toISOString(),
    consistency: good ? 'clean' : 'live',
    disks: disks.map((key) => diskRecord(id, { key })),
  });
}

/** What is kept, as positions in the list. */
function kept(facts: readonly Facts[], rules: RetentionRules): readonly string[] {
  const versions = facts.map(record);
  return chooseRetained(versions, rules).keep.map(
    ({ version, reasons }) => `${versions.indexOf(version)}: ${reasons.join(' ')}`,
  );
}

const day = (month: number, date: number, hour = 12): Facts => ({ taken: new Date(2026, month - 1, date, hour) });

describe('what stays', () => {
  test('the last ones', () => {
    expect(kept([day(1, 1), day(1, 2), day(1, 3)], { last: 2 })).toEqual(['1: last', '2: last']);
  });

  test('the last of each of the last days that have any, by the local calendar', () => {
    const versions = [day(1, 1, 0), day(1, 1, 23), day(1, 5, 1), day(1, 9, 0), day(1, 9, 23)];
    expect(kept(versions, { daily: 2 })).toEqual(['2: daily', '4: daily']);
    expect(kept(versions, { daily: 3 })).toEqual(['1: daily', '2: daily', '4: daily']);
  });

  test('weeks begin on Monday, also across the end of a year', () => {
    // 2026-12-28 is a Monday, 2027-01-03 the Sunday of the same week.
    const versions = [day(12, 27), day(12, 28), { taken: new Date(2027, 0, 3) }, { taken: new Date(2027, 0, 4) }];
    expect(kept(versions, { weekly: 3 })).toEqual(['0: weekly', '2: weekly', '3: weekly']);
  });

  test('months and years; one version may satisfy several rules', () => {
    const versions = [day(1, 31), day(2, 1), day(2, 28), day(3, 1)];
    expect(kept(versions, { last: 1, monthly: 2, yearly: 5 })).toEqual(['2: monthly', '3: last monthly yearly']);
  });

  test('what is lost takes no place of another, and stays', () => {
    const versions = [day(1, 1), day(1, 2), day(1, 3)].map(record);
    const { keep, remove } = chooseRetained(versions, { last: 1 }, new Set([versionId(2)]));
    expect(keep.map(({ version, reasons }) => `${version.id}: ${reasons.join(' ')}`)).toEqual([
      `${versionId(1)}: last`,
      `${versionId(2)}: lost`,
    ]);
    expect(remove.map(({ id }) => id)).toEqual([versionId(0)]);
  });

  test('what is not good takes no place of a good one, and stays only while no newer one is good', () => {
    const bad = { good: false };
    const versions = [day(1, 1), { ...day(1, 2), ...bad }, day(1, 3), { ...day(1, 4), ...bad }];
    expect(kept(versions, { last: 1 })).toEqual(['2: last', '3: newer']);
    expect(kept(versions, { daily: 9 })).toEqual(['0: daily', '2: daily', '3: newer']);
    expect(
      kept(
        [
          { ...day(1, 1), ...bad },
          { ...day(1, 2), ...bad },
        ],
        { last: 1 },
      ),
    ).toEqual(['1: last']);
  });

  test('versions of other disks do not count for one another', () => {
    const versions = [
      { ...day(1, 1), disks: ['one', 'two'] },
      { ...day(1, 2), disks: ['one'] },
      { ...day(1, 3), disks: ['two', 'one'] },
      { ...day(1, 4), disks: ['one'] },
    ];
    expect(kept(versions, { last: 1 })).toEqual(['2: last', '3: last']);
  });

  test.each([[{}], [{ last: 0, daily: 0 }]])('rules that keep nothing are no rules: %j', (rules) => {
    expect(() => chooseRetained([], rules)).toThrow(RangeError);
  });
});

const anyRules: fc.Arbitrary<RetentionRules> = fc
  .record(Object.fromEntries(['last', ...retentionPeriods].map((rule) => [rule, fc.nat(5)])), { requiredKeys: [] })
  .filter((rules) => Object.values(rules).some((count) => (count ?? 0) > 0));
const anyVersions = fc
  .array(
    fc.record({
      hours: fc.nat(20_000),
      disks: fc.constantFrom(['a'], ['b'], ['a', 'b']),
      good: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((list) =>
    list
      .toSorted((a, b) => a.hours - b.hours)
      .map(({ hours, ...rest }, i) => record({ ...rest, taken: new Date(2026, 0, 1, hours) }, i)),
  );

test('the newest version of every disk and the newest good one of every set always stay; more rules never keep less', () => {
  fc.assert(
    fc.property(anyVersions, anyRules, anyRules, (versions, rules, more) => {
      const { keep, remove } = chooseRetained(versions, rules);
      const ids = keep.map(({ version }) => version.id);
      expect([...ids, ...remove.map(({ id }) => id)].toSorted()).toEqual(versions.map(({ id }) => id));
      for (const disk of ['a', 'b']) {
        const newest = versions.findLast(({ disks }) => disks.some(({ key }) => key === disk));
        if (newest !== undefined) expect(ids).toContain(newest.id);
      }
      for (const set of ['a', 'b', 'a,b']) {
        const good = versions.findLast(
          ({ disks, consistency }) => consistency === 'clean' && disks.map(({ key }) => key).join() === set,
        );
        if (good !== undefined) expect(ids).toContain(good.id);
      }
      const both = Object.fromEntries(
        (['last', ...retentionPeriods] as const).map((rule) => [rule, Math.max(rules[rule] ?? 0, more[rule] ?? 0)]),
      );
      const wider = chooseRetained(versions, both).keep.map(({ version }) => version.id);
      for (const id of ids) expect(wider).toContain(id);
    }),
  );
});
