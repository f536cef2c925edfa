import { expect, test } from '@jest/globals';
import { chooseStrategy, type StrategyFacts } from '../../src/plan/strategy.js';

const mebibyte = 1024 * 1024;
const image = 1000 * mebibyte;
const displaced = 100 * mebibyte;
const reserve = 16 * mebibyte;

/** The table of all decisions: every combination of what matters, in words. Any change of a decision is a change here. */
function decision(facts: StrategyFacts): string {
  const { strategy, replacement } = chooseStrategy(facts);
  return `${strategy.kind} ${replacement}`;
}

function facts(
  flags: Partial<StrategyFacts['capabilities']>,
  rest: Partial<Omit<StrategyFacts, 'capabilities'>> = {},
): StrategyFacts {
  return {
    capabilities: {
      randomWrite: false,
      atomicBatch: false,
      writeOnce: false,
      singleVersion: false,
      maxObjectSize: undefined,
      ...flags,
    },
    free: undefined,
    versions: 1,
    imageBytes: image,
    largestImage: image,
    inPlaceBytes: displaced,
    ...rest,
  };
}

const rooms: Readonly<Record<string, number | undefined>> = {
  unknown: undefined,
  'for two': image + reserve,
  'not quite for two': image + reserve - 1,
  'for changes': displaced + reserve,
  'not quite for changes': displaced + reserve - 1,
  none: 0,
};

test('targets that keep versions: in place where bytes can be changed, else one object after the other', () => {
  for (const free of Object.values(rooms)) {
    for (const versions of [0, 1, 9]) {
      for (const atomicBatch of [true, false]) {
        expect(decision(facts({ randomWrite: true, atomicBatch }, { free, versions }))).toBe('in-place keep');
        expect(decision(facts({ atomicBatch }, { free, versions }))).toBe('sequential keep');
        expect(decision(facts({ atomicBatch, writeOnce: true }, { free, versions }))).toBe('sequential keep');
      }
    }
  }
});

test('a first version replaces nothing', () => {
  for (const free of Object.values(rooms)) {
    const first = { free, versions: 0, inPlaceBytes: undefined };
    expect(decision(facts({ singleVersion: true, randomWrite: true }, first))).toBe('in-place keep');
    expect(decision(facts({ singleVersion: true }, first))).toBe('sequential keep');
    expect(decision(facts({ singleVersion: true, writeOnce: true }, first))).toBe('sequential keep');
  }
});

test('a disc that was burned keeps what is on it', () => {
  for (const free of Object.values(rooms)) {
    expect(decision(facts({ singleVersion: true, writeOnce: true, atomicBatch: true }, { free }))).toBe(
      'sequential keep',
    );
  }
});

test.each([
  ['unknown', 'sequential beside', 'sequential beside', 'sequential beside'],
  ['for two', 'sequential beside', 'sequential beside', 'sequential beside'],
  ['not quite for two', 'in-place swap', 'impossible keep', 'impossible keep'],
  ['for changes', 'in-place swap', 'impossible keep', 'impossible keep'],
  ['not quite for changes', 'impossible keep', 'impossible keep', 'impossible keep'],
  ['none', 'impossible keep', 'impossible keep', 'impossible keep'],
])(
  'a single version, room %s: %s; without an image to change %s; whole objects only %s',
  (room, random, fresh, whole) => {
    const free = rooms[room];
    expect(decision(facts({ singleVersion: true, randomWrite: true }, { free }))).toBe(random);
    expect(decision(facts({ singleVersion: true, randomWrite: true }, { free, inPlaceBytes: undefined }))).toBe(fresh);
    expect(decision(facts({ singleVersion: true }, { free }))).toBe(whole);
  },
);

test('an image larger than any object may be is impossible, whatever else there is', () => {
  for (const randomWrite of [true, false]) {
    for (const singleVersion of [true, false]) {
      for (const versions of [0, 1]) {
        const flags = { randomWrite, singleVersion };
        const at = (maxObjectSize: number) => decision(facts({ ...flags, maxObjectSize }, { versions }));
        expect(at(image - 1)).toBe('impossible keep');
        expect(at(image)).not.toBe('impossible keep');
      }
    }
  }
});

test('what is impossible says why, and what to do', () => {
  const { strategy } = chooseStrategy(facts({ singleVersion: true }, { free: 5 }));
  expect(strategy).toMatchObject({ kind: 'impossible', why: expect.stringContaining('5 free bytes') });
  expect(strategy.kind === 'impossible' ? strategy.remedies.length : 0).toBeGreaterThan(0);
});
