import { objectName, type OpenBatch, type Target } from '@sysimage/core/plugin';
import { holds, listed, pattern, put, whole } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

const names = [objectName('batch', 'one'), objectName('batch', 'two')] as const;

async function begin(target: Target, id: string): Promise<OpenBatch> {
  const { batch } = target.facets;
  check(batch !== undefined, 'the facet batch is missing');
  return batch.begin({ id, label: 'kit', size: 1_000_000 });
}

export const batchCases: readonly KitCase[] = [
  {
    name: 'batch: nothing is visible before the commit, all of it after',
    facet: 'batch',
    run: async ({ target, reopen }) => {
      const batch = await begin(target, 'one');
      for (const [i, name] of names.entries()) await batch.put(name, 5000, whole(pattern(5000, i)));
      for (const name of names) check((await target.stat(name)) === undefined, 'an object of an open batch is visible');
      check((await listed(target, '')).length === 0, 'list shows an open batch');
      const other = await reopen();
      check((await listed(other, '')).length === 0, 'another sees an open batch');
      await other.close();
      await batch.commit();
      const again = await reopen();
      for (const [i, name] of names.entries()) await holds(again, name, pattern(5000, i), 'after the commit');
      check((await listed(again, '')).join() === names.join(), 'list after the commit is wrong');
      await again.close();
    },
  },
  {
    name: 'batch: an aborted one leaves nothing',
    facet: 'batch',
    run: async ({ target, reopen }) => {
      const batch = await begin(target, 'gone');
      await batch.put(names[0], 100, whole(pattern(100)));
      await batch.abort();
      const again = await reopen();
      check((await listed(again, '')).length === 0, 'an aborted batch left something');
      await again.close();
      await mustReject(
        batch.put(names[1], 1, whole(pattern(1))),
        ['invalid', 'cancelled'],
        'put into an aborted batch',
      );
    },
  },
  {
    name: 'batch: a short put is refused, the rest goes on',
    facet: 'batch',
    run: async ({ target }) => {
      const batch = await begin(target, 'short');
      await mustReject(batch.put(names[0], 100, whole(pattern(99))), ['invalid'], 'a short put into a batch');
      await batch.put(names[0], 100, whole(pattern(100)));
      await batch.commit();
      await holds(target, names[0], pattern(100), 'after a short put and a good one');
    },
  },
  {
    name: 'batch: one that was never committed is found again by its id, or begun anew; the older ones stay',
    facet: 'batch',
    run: async ({ target, reopen }) => {
      const first = await begin(target, 'first');
      await first.put(names[0], 100, whole(pattern(100, 1)));
      await first.commit();
      const cut = await begin(target, 'cut');
      await cut.put(names[1], 50, whole(pattern(50, 2)));
      const other = await reopen();
      const again = await begin(other, 'cut');
      await again.put(names[1], 50, whole(pattern(50, 2)));
      await again.commit();
      await holds(other, names[0], pattern(100, 1), 'the batch before');
      await holds(other, names[1], pattern(50, 2), 'the batch that was begun again');
      await other.close();
    },
  },
  {
    name: 'batch: many objects, empty ones too, in any order of names',
    facet: 'batch',
    run: async ({ target, reopen }) => {
      const many = Array.from({ length: 40 }, (_, i) => objectName('batch', `n${(i * 7) % 40}`));
      const batch = await begin(target, 'many');
      for (const [i, name] of many.entries()) await batch.put(name, i * 100, whole(pattern(i * 100, i)));
      await batch.commit();
      const again = await reopen();
      check((await listed(again, '')).join() === many.toSorted().join(), 'list after a batch of many objects is wrong');
      for (const [i, name] of many.entries()) await holds(again, name, pattern(i * 100, i), `object ${i} of a batch`);
      await again.close();
    },
  },
  {
    name: 'batch: beside it, single objects can be put',
    facet: 'batch',
    run: async ({ target }) => {
      const batch = await begin(target, 'beside');
      await batch.put(names[0], 100, whole(pattern(100)));
      await put(target, names[1], pattern(60));
      await batch.commit();
      await holds(target, names[0], pattern(100), 'in the batch');
      await holds(target, names[1], pattern(60), 'beside the batch');
    },
  },
];
