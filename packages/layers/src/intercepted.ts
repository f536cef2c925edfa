import { completeTarget, type Chunks, type ObjectStat, type Target } from '@sysimage/core/plugin';
import { callOf } from './call.js';
import { interceptedBatches } from './intercepted-batches.js';
import {
  interceptedCapacity,
  interceptedHistory,
  interceptedLeases,
  interceptedMedia,
  interceptedRetention,
} from './intercepted-facets.js';
import { interceptedObjects } from './intercepted-objects.js';
import { interceptedRandomAccess } from './intercepted-random-access.js';
import type { Interceptor } from './interceptor.js';

/** The same target, with something around every call. Facts and facets are those of the target; core derives the flags from them. */
export function intercepted(target: Target, around: Interceptor): Target {
  const { random, batch, history, capacity, lease, media, retention } = target.facets;
  return completeTarget<never>({
    traits: target.traits,
    facets: {
      ...(random === undefined ? {} : { random: interceptedRandomAccess(random, around) }),
      ...(batch === undefined ? {} : { batch: interceptedBatches(batch, around) }),
      ...(history === undefined ? {} : { history: interceptedHistory(history, around) }),
      ...(capacity === undefined ? {} : { capacity: interceptedCapacity(capacity, around) }),
      ...(lease === undefined ? {} : { lease: interceptedLeases(lease, around) }),
      ...(media === undefined ? {} : { media: interceptedMedia(media, around) }),
      ...(retention === undefined ? {} : { retention: interceptedRetention(retention, around) }),
    },
    ...interceptedObjects(target, around),
    list(prefix, options) {
      const begin = (last: ObjectStat | undefined): AsyncIterable<ObjectStat> =>
        target.list(prefix, last === undefined ? options : { ...options, after: last.name });
      return around.list?.(callOf('list', prefix, options), begin) ?? begin(undefined);
    },
    put(name, size, chunks, options) {
      const call = callOf('put', name, options, [{ start: 0, end: size }]);
      const work = (bytes: Chunks): Promise<ObjectStat> => target.put(name, size, bytes, options);
      return around.put?.(call, chunks, work) ?? around.once(call, () => work(chunks));
    },
    remove: (name, options) => around.once(callOf('remove', name, options), () => target.remove(name, options)),
    close: () => around.once(callOf('close', ''), () => target.close()),
  });
}
