import type { Capacity, Held, History, HistoryState, Leases, Media, Retention } from '@sysimage/core/plugin';
import { callOf } from './call.js';
import { interceptedObjects } from './intercepted-objects.js';
import type { Interceptor } from './interceptor.js';

export function interceptedHistory(history: History, around: Interceptor): History {
  return {
    capture: (names, options) =>
      around.once(callOf('history.capture', names[0] ?? '', options), () => history.capture(names, options)),
    list(name, options) {
      const seen = new Set<string>();
      const begin = (): AsyncIterable<HistoryState> => unseen(history.list(name, options), seen);
      return around.list?.(callOf('history.list', name, options), begin) ?? begin();
    },
    async open(name, state, options) {
      const work = (): ReturnType<History['open']> => history.open(name, state, options);
      const opened = await around.once(callOf('history.open', name, options), work);
      return interceptedObjects(opened, { stat: 'history.stat', get: 'history.get' }, around);
    },
    restore: (name, state, options) =>
      around.once(callOf('history.restore', name, options), () => history.restore(name, state, options)),
    drop: (state, options) => around.once(callOf('history.drop', state, options), () => history.drop(state, options)),
  };
}

/** A list of states cannot be asked for what comes after one of them. */
async function* unseen(states: AsyncIterable<HistoryState>, seen: Set<string>): AsyncIterable<HistoryState> {
  for await (const state of states) {
    if (seen.has(state.id)) continue;
    seen.add(state.id);
    yield state;
  }
}

export function interceptedCapacity(capacity: Capacity, around: Interceptor): Capacity {
  return { read: (options) => around.once(callOf('capacity.read', '', options), () => capacity.read(options)) };
}

export function interceptedLeases(leases: Leases, around: Interceptor): Leases {
  return {
    async acquire(name, options) {
      const held = await around.once(callOf('lease.acquire', name, options), () => leases.acquire(name, options));
      return interceptedHeld(name, held, around);
    },
  };
}

function interceptedHeld(name: string, held: Held, around: Interceptor): Held {
  return {
    get lost() {
      return held.lost;
    },
    assertHeld: () => held.assertHeld(),
    release: () => around.once(callOf('lease.release', name), () => held.release()),
  };
}

export function interceptedMedia(media: Media, around: Interceptor): Media {
  return {
    locate: (name, ranges, options) =>
      around.once(callOf('media.locate', name, options, ranges), () => media.locate(name, ranges, options)),
  };
}

export function interceptedRetention(retention: Retention, around: Interceptor): Retention {
  return {
    extend: (name, until, options) =>
      around.once(callOf('retention.extend', name, options), () => retention.extend(name, until, options)),
    read: (name, options) => around.once(callOf('retention.read', name, options), () => retention.read(name, options)),
  };
}
