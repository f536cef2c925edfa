import type { GetOptions, Target } from '@sysimage/core/plugin';
import { callOf } from './call.js';
import type { Interceptor, Reading } from './interceptor.js';

/** How objects of a target are read. */
export function interceptedObjects(
  objects: Pick<Target, 'stat' | 'get'>,
  around: Interceptor,
): Pick<Target, 'stat' | 'get'> {
  return {
    stat: (name, options) => around.once(callOf('stat', name, options), () => objects.stat(name, options)),
    get(name, range, options) {
      const reading: Reading = {
        range,
        state: options?.state,
        get: (part, state) => objects.get(name, part, state === options?.state ? options : under(state, options)),
        stat: () => objects.stat(name, options),
      };
      const call = callOf('get', name, options, [range]);
      return around.get?.(call, reading) ?? reading.get(range, reading.state);
    },
  };
}

function under(state: string | undefined, options: GetOptions | undefined): GetOptions {
  const { state: _, ...others } = options ?? {};
  return state === undefined ? others : { ...others, state };
}
