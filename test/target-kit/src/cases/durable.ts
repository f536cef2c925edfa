import { objectName, type Target } from '@sysimage/core/plugin';
import { aName, holds, listed, pattern, put, whole } from '../bytes.js';
import { check } from '../check.js';
import type { KitCase, Place } from '../kit.js';

async function afterPowerCut({ powerCut }: Place): Promise<Target> {
  check(powerCut !== undefined, 'the place was said to have power cuts');
  return powerCut();
}

export const durableCases: readonly KitCase[] = [
  {
    name: 'durable: what was put is there after a power cut',
    needs: 'power-cuts',
    run: async (place) => {
      await put(place.target, aName, pattern(100_000));
      const after = await afterPowerCut(place);
      await holds(after, aName, pattern(100_000), 'after a power cut');
      await after.close();
    },
  },
  {
    name: 'durable: every write is there that a flush came after, and sizes are',
    facet: 'random',
    needs: 'power-cuts',
    run: async (place) => {
      const file = await place.target.facets.random?.open(aName, { create: true, exclusive: true });
      check(file !== undefined, 'the facet random is missing');
      await file.write(0, pattern(100_000, 1));
      await file.flush();
      await file.write(50_000, pattern(100_000, 2));
      await file.truncate(140_000);
      await file.flush();
      const after = await afterPowerCut(place);
      const model = new Uint8Array(140_000);
      model.set(pattern(100_000, 1));
      model.set(pattern(100_000, 2).subarray(0, 90_000), 50_000);
      await holds(after, aName, model, 'flushed before a power cut');
      await file.close();
      await after.close();
    },
  },
  {
    name: 'durable: a new object is there, though nothing was written into it',
    facet: 'random',
    needs: 'power-cuts',
    run: async (place) => {
      const file = await place.target.facets.random?.open(aName, { create: true, exclusive: true });
      const after = await afterPowerCut(place);
      check((await listed(after, '')).join() === aName, 'a new object is gone after a power cut');
      await file?.close();
      await after.close();
    },
  },
  {
    name: 'durable: all of a batch that was committed, nothing of another',
    facet: 'batch',
    needs: 'power-cuts',
    run: async (place) => {
      const { batch } = place.target.facets;
      const committed = await batch?.begin({ id: 'committed', label: 'kit', size: 1000 });
      await committed?.put(aName, 100, whole(pattern(100)));
      await committed?.commit();
      const cut = await batch?.begin({ id: 'cut', label: 'kit', size: 1000 });
      await cut?.put(objectName('kit', 'cut'), 100, whole(pattern(100)));
      const after = await afterPowerCut(place);
      check((await listed(after, '')).join() === aName, 'a power cut leaves another set of objects');
      await holds(after, aName, pattern(100), 'committed before a power cut');
      await after.close();
    },
  },
];
