import { isSysimageError, objectName, type ObjectStat, type Target } from '@sysimage/core/plugin';
import { readOnly } from '@sysimage/layers';
import type { KitSetup } from '@sysimage/target-kit';

interface ReadOnlyCase {
  readonly name: string;
  readonly run: (setup: KitSetup) => Promise<void>;
}

const first = objectName('read', 'first');
const second = objectName('read', 'second');
const fresh = objectName('read', 'new');
const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255);

export const readOnlyCases: readonly ReadOnlyCase[] = [
  {
    name: 'everything that is there can be read',
    run: (setup) =>
      withView(setup, async (view) => {
        const stats = await listed(view);
        check(stats.map(({ name }) => name).join() === [first, second].join(), 'list does not show what is there');
        check((await view.stat(first))?.size === bytes.length, 'stat does not find what is there');
        const range = { start: 10, end: 90_000 };
        check(same(await joined(view.get(first, range)), bytes.subarray(10, 90_000)), 'get yields other bytes');
        await view.facets.capacity?.read();
        await view.facets.media?.locate(first, [range]);
        const file = await view.facets.random?.open(first, { exclusive: false });
        if (file === undefined) return;
        const into = new Uint8Array(500);
        await file.read(99, into);
        check(same(into, bytes.subarray(99, 599)), 'an open object reads other bytes');
        check((await file.size()) === bytes.length, 'an open object has another size');
        await file.close();
      }),
  },
  {
    name: 'everything that changes something is denied, and nothing has changed',
    run: (setup) =>
      withView(setup, async (view, target) => {
        const before = JSON.stringify(await listed(target));
        for (const [what, work] of mutations(view)) await mustBeDenied(what, work);
        const file = await view.facets.random?.open(first, { exclusive: false });
        if (file !== undefined) {
          await mustBeDenied('write', () => file.write(0, bytes));
          await mustBeDenied('truncate', () => file.truncate(0));
          await mustBeDenied('flush', () => file.flush());
          if (file.deallocate !== undefined)
            await mustBeDenied('deallocate', async () => file.deallocate?.({ start: 0, end: 1 }));
          await file.close();
        }
        check(JSON.stringify(await listed(target)) === before, 'something has changed');
        check(same(await joined(target.get(first, { start: 0, end: bytes.length })), bytes), 'bytes have changed');
      }),
  },
  {
    name: 'facets and flags are those of the place',
    run: (setup) =>
      withView(setup, async (view, target) => {
        check(Object.keys(view.facets).join() === Object.keys(target.facets).join(), 'the facets are others');
        check(JSON.stringify(view.capabilities) === JSON.stringify(target.capabilities), 'the flags are others');
        check(view.traits === target.traits, 'the facts are others');
        await Promise.resolve();
      }),
  },
];

/** Other facets than these no target has yet; what is refused there is tried by the room of the wrappers itself. */
function mutations(view: Target): readonly (readonly [string, () => Promise<unknown>])[] {
  const { random, batch } = view.facets;
  return [
    ['put', () => view.put(fresh, bytes.length, whole)],
    ['put over an object', () => view.put(first, bytes.length, whole)],
    ['remove', () => view.remove(first)],
    ...(random === undefined
      ? []
      : ([
          ['open exclusively', () => random.open(first, { exclusive: true })],
          ['create', () => random.open(fresh, { create: true, exclusive: false })],
        ] as const)),
    ...(batch === undefined
      ? []
      : ([['begin a batch', () => batch.begin({ id: 'kit', label: 'kit', size: 1 })]] as const)),
  ];
}

/** Fills a place through the target as it is, and looks at it through the view. */
async function withView(setup: KitSetup, work: (view: Target, target: Target) => Promise<void>): Promise<void> {
  const { target, dispose } = await setup.open();
  try {
    for (const name of [first, second]) await target.put(name, bytes.length, whole);
    await work(readOnly(target), target);
  } finally {
    await target.close();
    await dispose();
  }
}

const whole = async function* chunks(): AsyncIterable<Uint8Array> {
  yield bytes;
};

async function mustBeDenied(what: string, work: () => Promise<unknown>): Promise<void> {
  let error: unknown;
  try {
    await work();
  } catch (caught) {
    error = caught;
  }
  check(error !== undefined, `${what} was not refused`);
  check(isSysimageError(error, 'denied'), `${what} was refused with another error than denied`);
}

async function listed(target: Target): Promise<ObjectStat[]> {
  const stats: ObjectStat[] = [];
  for await (const stat of target.list('')) stats.push(stat);
  return stats;
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk.slice());
  return Buffer.concat(all);
}

function same(one: Uint8Array, two: Uint8Array): boolean {
  return Buffer.compare(one, two) === 0;
}

function check(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}
