import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAhead } from '../../src/image/read-ahead.js';

test('reads come in order, only so many go on at once, and no buffer changes while it is looked at', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 }),
      async (ahead, turns) => {
        let going = 0;
        let most = 0;
        const read = async (item: number, buffer: Uint8Array): Promise<{ item: number; buffer: Uint8Array }> => {
          most = Math.max(most, (going += 1));
          for (let turn = 0; turn < (turns[item] ?? 0); turn += 1) await Promise.resolve();
          buffer.fill(item + 1);
          going -= 1;
          return { item, buffer };
        };
        const seen: number[] = [];
        for await (const { item, buffer } of readAhead(turns.keys(), { ahead, size: 4 }, read)) {
          for (let turn = 0; turn < 3; turn += 1) {
            expect([...buffer]).toEqual(Array<number>(4).fill(item + 1));
            await Promise.resolve();
          }
          seen.push(item);
        }
        expect(seen).toEqual([...turns.keys()]);
        expect(most).toBeLessThanOrEqual(ahead + 1);
      },
    ),
  );
});

test('a failure is heard when its turn comes, and nothing goes on afterwards', async () => {
  let going = 0;
  const read = async (item: number): Promise<number> => {
    going += 1;
    for (let turn = 0; turn < 5 - item; turn += 1) await Promise.resolve();
    going -= 1;
    if (item === 2) throw new Error('lost');
    return item;
  };
  const seen: number[] = [];
  await expect(async () => {
    for await (const item of readAhead([0, 1, 2, 3, 4], { ahead: 3, size: 1 }, read)) seen.push(item);
  }).rejects.toThrow('lost');
  expect(seen).toEqual([0, 1]);
  expect(going).toBe(0);
  for await (const item of readAhead([0, 1, 3, 4], { ahead: 3, size: 1 }, read)) if (item === 1) break;
  expect(going).toBe(0);
});
