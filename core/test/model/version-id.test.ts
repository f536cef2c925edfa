import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeVersionId, parseStamp } from '../../src/model/version-id.js';
import { versionIdSchema } from '../../src/model/version-record.js';

const random = { bytes: (length: number) => Uint8Array.from({ length }, (_, i) => i * 83) };
const moment = fc.date({
  min: new Date('1970-01-01T00:00:00.000Z'),
  max: new Date('9990-01-01T00:00:00.000Z'),
  noInvalidDate: true,
});

test('ids increase strictly, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 2, maxLength: 20 }), (moments) => {
      let before: string | undefined;
      for (const now of moments) {
        const id = makeVersionId(now, random, before);
        expect(versionIdSchema.safeParse(id).success).toBe(true);
        expect(parseStamp(id).getTime()).toBeGreaterThanOrEqual(now.getTime());
        if (before !== undefined) {
          expect(id > before).toBe(true);
          expect(parseStamp(id).getTime()).toBeGreaterThan(parseStamp(before).getTime());
        }
        before = id;
      }
    }),
  );
});

test('an id holds its moment, to the millisecond', () => {
  fc.assert(
    fc.property(moment, (now) => {
      expect(parseStamp(makeVersionId(now, random, undefined))).toEqual(now);
    }),
  );
  const id = makeVersionId(new Date('2026-02-03T04:05:06.078Z'), random, undefined);
  expect(id).toMatch(/^20260203t040506078z-[0-9a-z]{4}$/u);
});

test('a clock that stands still, or goes back over a leap day and a new year', () => {
  const now = new Date('2026-01-01T00:00:00.000Z');
  const id = makeVersionId(now, random, undefined);
  expect(makeVersionId(now, random, id).slice(0, 19)).toBe('20260101t000000001z');
  expect(makeVersionId(now, random, '20281231t235959999z-zzzz').slice(0, 19)).toBe('20290101t000000000z');
  expect(makeVersionId(now, random, '20280228t235959999z-zzzz').slice(0, 19)).toBe('20280229t000000000z');
});

test.each(['readme', '', '20261399t000000000z-aaaa', '99991231t235959999z-zzzz'])(
  'a foreign file called %j among the versions does not stop the next one',
  (after) => {
    const now = new Date('2026-01-01T00:00:00.000Z');
    const id = makeVersionId(now, random, after);
    expect(versionIdSchema.safeParse(id).success).toBe(true);
  },
);
