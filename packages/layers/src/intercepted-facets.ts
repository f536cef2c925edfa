import type { Capacity, Held, History, Leases, Media, Retention } from '@sysimage/core/plugin';
import { callOf } from './call.js';
import type { Interceptor } from './interceptor.js';

export function interceptedHistory(history: History, around: Interceptor): History {
  return {
    capture: (name, copy, options) =>
      around.once(callOf('history.capture', copy, options), () => history.capture(name, copy, options)),
  };
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
