import { objectName, type Chunks } from '@sysimage/core/plugin';
import { aName, holds, listed, nothingThere, pattern, put, whole } from '../bytes.js';
import { check, mustReject, within } from '../check.js';
import type { KitCase } from '../kit.js';

function aborted(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  controller.abort();
  return { signal: controller.signal };
}

async function drained(items: AsyncIterable<unknown>, what: string): Promise<void> {
  for await (const _ of items) check(false, `${what} yields`);
}

export const cancellationCases: readonly KitCase[] = [
  {
    name: 'put: aborted before and in the middle',
    run: async (place) => {
      const { target } = place;
      const early = new AbortController();
      early.abort();
      await mustReject(
        target.put(aName, 3, whole(pattern(3)), { signal: early.signal }),
        ['cancelled'],
        'a put that was cancelled before',
      );
      const late = new AbortController();
      const chunks: Chunks = async function* slow() {
        yield pattern(500_000);
        late.abort();
        yield pattern(500_000);
      };
      const work = target.put(aName, 1_000_000, chunks, { signal: late.signal });
      await within(mustReject(work, ['cancelled'], 'a put that was cancelled in the middle'), 20_000, 'an aborted put');
      await nothingThere(place, 'after an aborted put');
    },
  },
  {
    name: 'cancelled: stat and get end at once, and change nothing',
    run: async ({ target }) => {
      await put(target, aName, pattern(10));
      await mustReject(target.stat(aName, aborted()), ['cancelled'], 'a cancelled stat');
      const get = target.get(aName, { start: 0, end: 10 }, aborted());
      await mustReject(drained(get, 'a cancelled get'), ['cancelled'], 'a cancelled get');
      check((await listed(target, '')).length === 1, 'cancelled calls changed something');
    },
  },
  {
    name: 'cancelled: a get in the middle',
    run: async ({ target }) => {
      const bytes = pattern(6_000_000);
      await put(target, aName, bytes);
      const controller = new AbortController();
      const work = (async () => {
        let length = 0;
        for await (const chunk of target.get(aName, { start: 0, end: bytes.length }, { signal: controller.signal })) {
          length += chunk.length;
          controller.abort();
        }
        check(false, `after it was cancelled, get went on to byte ${length}`);
      })();
      await within(
        mustReject(work, ['cancelled'], 'a get that was cancelled in the middle'),
        20_000,
        'a cancelled get',
      );
      await holds(target, aName, bytes, 'after a cancelled get');
    },
  },
  {
    name: 'cancelled: a remove leaves the object',
    needs: 'rewriting',
    run: async ({ target }) => {
      await put(target, aName, pattern(10));
      await mustReject(target.remove(aName, aborted()), ['cancelled'], 'a cancelled remove');
      await holds(target, aName, pattern(10), 'after a cancelled remove');
    },
  },
  {
    name: 'cancelled: a list',
    run: async ({ target }) => {
      await put(target, objectName('s', 'one'), pattern(1));
      await mustReject(drained(target.list('', aborted()), 'a cancelled list'), ['cancelled'], 'a cancelled list');
    },
  },
  {
    name: 'cancelled: a signal that comes after the call changes nothing',
    run: async ({ target, reopen }) => {
      const controller = new AbortController();
      await target.put(aName, 5000, whole(pattern(5000)), { signal: controller.signal });
      controller.abort();
      const again = await reopen();
      await holds(again, aName, pattern(5000), 'after a late signal');
      await again.close();
    },
  },
  {
    name: 'cancelled: opening for random access makes nothing',
    facet: 'random',
    run: async (place) => {
      const work = place.target.facets.random?.open(aName, { create: true, exclusive: true, ...aborted() });
      await mustReject(work ?? Promise.resolve(), ['cancelled'], 'a cancelled open');
      await nothingThere(place, 'after a cancelled open');
    },
  },
  {
    name: 'cancelled: a put into a batch, and its commit',
    facet: 'batch',
    run: async (place) => {
      const batch = await place.target.facets.batch?.begin({ id: 'cancelled', label: 'kit', size: 1000 });
      check(batch !== undefined, 'the facet batch is missing');
      const put = batch.put(aName, 10, whole(pattern(10)), aborted());
      await mustReject(put, ['cancelled'], 'a cancelled put into a batch');
      await batch.put(aName, 10, whole(pattern(10)));
      await mustReject(batch.commit(aborted()), ['cancelled'], 'a cancelled commit');
      await batch.abort();
      await nothingThere(place, 'after a cancelled commit');
    },
  },
];
