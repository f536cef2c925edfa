import { objectName, type History, type Target } from '@sysimage/core/plugin';
import { aName, all, holds, pattern, put, read, same } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

const other = objectName('kit', 'other');

function historyOf({ facets }: Target): History {
  check(facets.history !== undefined, 'the facet history is missing');
  return facets.history;
}

export const historyCases: readonly KitCase[] = [
  {
    name: 'history: a state holds the objects as they were, whatever becomes of them',
    facet: 'history',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(70_000, 1));
      await put(target, other, pattern(20, 1));
      const { id } = await historyOf(target).capture([aName, other]);
      await put(target, aName, pattern(300, 2));
      const again = await reopen();
      const state = await historyOf(again).open(aName, id);
      check((await state.stat(aName))?.size === 70_000, 'the state has another size');
      same(await read(state, aName, 0, 70_000), pattern(70_000, 1), 'the state of an object that was replaced');
      await holds(again, aName, pattern(300, 2), 'beside a state of it');
      await again.close();
    },
  },
  {
    name: 'history: list tells the states of an object and of no other, until they are dropped',
    facet: 'history',
    run: async ({ target }) => {
      const history = historyOf(target);
      await put(target, aName, pattern(10));
      await put(target, other, pattern(10));
      const first = await history.capture([aName]);
      const second = await history.capture([aName]);
      const third = await history.capture([other]);
      const ids = async (name = aName): Promise<string> =>
        (await all(history.list(name)))
          .map(({ id }) => id)
          .toSorted()
          .join();
      check((await ids()) === [first.id, second.id].toSorted().join(), `the states are ${await ids()}`);
      check((await ids(other)) === third.id, 'the states of another object are wrong');
      await history.drop(first.id);
      check((await ids()) === second.id, 'a state that was dropped is listed, or another was dropped');
      await mustReject(history.open(aName, first.id), ['not-found'], 'a state that was dropped');
    },
  },
  {
    name: 'history: restoring puts the bytes of the state back, and keeps the state',
    facet: 'history',
    run: async ({ target, reopen }) => {
      const history = historyOf(target);
      await put(target, aName, pattern(9000, 1));
      const { id } = await history.capture([aName]);
      await put(target, aName, pattern(50, 2));
      await history.restore(aName, id);
      await put(target, other, pattern(10));
      const again = await reopen();
      await holds(again, aName, pattern(9000, 1), 'restored');
      await again.close();
      await put(target, aName, pattern(60, 3));
      const state = await history.open(aName, id);
      same(await read(state, aName, 0, 9000), pattern(9000, 1), 'the state after it was restored');
    },
  },
];
