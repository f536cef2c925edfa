import type { Batches, Chunks, ObjectStat, OpenBatch } from '@sysimage/core/plugin';
import { callOf } from './call.js';
import type { Interceptor } from './interceptor.js';

export function interceptedBatches(batches: Batches, around: Interceptor): Batches {
  return {
    begin: async (spec, options) =>
      interceptedBatch(
        spec.id,
        await around.once(callOf('batch.begin', spec.id, options), () => batches.begin(spec, options)),
        around,
      ),
  };
}

function interceptedBatch(id: string, batch: OpenBatch, around: Interceptor): OpenBatch {
  return {
    put(name, size, chunks, options) {
      const call = callOf('batch.put', name, options, [{ start: 0, end: size }]);
      const work = (bytes: Chunks): Promise<ObjectStat> => batch.put(name, size, bytes, options);
      return around.put?.(call, chunks, work) ?? around.once(call, () => work(chunks));
    },
    commit: (options) => around.once(callOf('batch.commit', id, options), () => batch.commit(options)),
    abort: () => around.once(callOf('batch.abort', id), () => batch.abort()),
  };
}
