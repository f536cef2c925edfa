import { objectName, type History, type Target } from '@sysimage/core/plugin';
import { aName, holds, openObject, pattern, put } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

const copy = objectName('kit', 'deeper', 'copy');
const size = 300_000;

function historyOf({ facets }: Target): History {
  check(facets.history !== undefined, 'the facet history is missing');
  return facets.history;
}

export const historyCases: readonly KitCase[] = [
  {
    name: 'history: a copy is an object like any other, and holds what was there, whatever becomes of the original',
    facet: 'history',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(size, 1));
      const made = await historyOf(target).capture(aName, copy);
      check(made.name === copy && made.size === size, `capture tells of ${made.name}, ${made.size} bytes`);
      await put(target, aName, pattern(300, 2));
      const again = await reopen();
      check((await again.stat(copy))?.size === size, 'the copy has another size');
      await holds(again, copy, pattern(size, 1), 'a copy whose original was replaced');
      await holds(again, aName, pattern(300, 2), 'beside a copy of it');
      await again.remove(aName);
      await holds(again, copy, pattern(size, 1), 'a copy whose original was removed');
      await again.remove(copy);
      check((await again.stat(copy)) === undefined, 'the copy cannot be removed');
      await again.close();
    },
  },
  {
    name: 'history: an older copy is replaced; of what is not there none is made',
    facet: 'history',
    run: async ({ target }) => {
      const history = historyOf(target);
      await put(target, copy, pattern(900, 3));
      await mustReject(history.capture(aName, copy), ['not-found'], 'capturing what is not there');
      await holds(target, copy, pattern(900, 3), 'the older copy, after that');
      await put(target, aName, pattern(size, 1));
      await history.capture(aName, copy);
      await holds(target, copy, pattern(size, 1), 'a copy in place of an older one');
    },
  },
  {
    name: 'history: what is written into one of the two is not in the other',
    facet: 'history',
    run: async ({ target, reopen }) => {
      if (target.facets.random === undefined) return;
      const old = pattern(size, 1);
      const file = await openObject(target, true);
      await file.write(0, old);
      await file.flush();
      await historyOf(target).capture(aName, copy);
      const changed = old.slice();
      changed.set(pattern(70_000, 2), 100_000);
      await file.write(100_000, pattern(70_000, 2));
      await file.flush();
      const other = await target.facets.random.open(copy, { exclusive: true });
      const changedCopy = old.slice(0, 250_000);
      changedCopy.set(pattern(10, 3), 65_530);
      await other.write(65_530, pattern(10, 3));
      await other.truncate(250_000);
      await other.flush();
      await Promise.all([file.close(), other.close()]);
      const again = await reopen();
      await holds(again, aName, changed, 'an original after both were written to');
      await holds(again, copy, changedCopy, 'a copy after both were written to');
      await again.close();
    },
  },
];
