import { aName, holds, pattern, put } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase, Place } from '../kit.js';

async function kept({ target }: Place, milliseconds: number): Promise<Date> {
  const until = new Date(Date.now() + milliseconds);
  await put(target, aName, pattern(1000));
  await target.facets.retention?.extend(aName, until);
  return until;
}

async function over(until: Date): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until.getTime() - Date.now()) + 20));
}

export const retentionCases: readonly KitCase[] = [
  {
    name: 'retention: until then an object is neither replaced nor removed, and afterwards it can be',
    facet: 'retention',
    run: async (place, { retainFor = 3000 }) => {
      const { target } = place;
      const until = await kept(place, retainFor);
      await mustReject(target.remove(aName), ['denied'], 'removing what is kept');
      await mustReject(put(target, aName, pattern(1000, 2)), ['denied'], 'replacing what is kept');
      await holds(target, aName, pattern(1000), 'kept');
      await over(until);
      await target.remove(aName);
      check((await target.stat(aName)) === undefined, 'what is kept no more was not removed');
    },
  },
  {
    name: 'retention: tells until when, to others too, and never less than was promised',
    facet: 'retention',
    run: async (place, { retainFor = 3000 }) => {
      const { target, reopen } = place;
      await put(target, aName, pattern(10));
      check((await target.facets.retention?.read(aName)) === undefined, 'a new object is kept already');
      const until = await kept(place, retainFor);
      // An earlier time may be refused or ignored, but not kept.
      await target.facets.retention?.extend(aName, new Date(until.getTime() - retainFor)).catch(() => undefined);
      const again = await reopen();
      const told = await again.facets.retention?.read(aName);
      check(told !== undefined && told >= until, `kept until ${until.toISOString()}, told ${told?.toISOString()}`);
      await again.close();
      await over(until);
    },
  },
];
