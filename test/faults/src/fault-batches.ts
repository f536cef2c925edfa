import type { Batches } from '@sysimage/core/plugin';
import type { Troubles } from './troubles.js';

export function faultBatches(inner: Batches, troubles: Troubles, assertRoom: (needs: boolean) => void): Batches {
  return {
    begin: (spec, options) =>
      troubles.call('begin', spec.id, async () => {
        assertRoom(true);
        const open = await inner.begin(spec, options);
        return {
          put: (name, size, chunks, putOptions) =>
            troubles.call('put', name, () => open.put(name, size, chunks, putOptions)),
          commit: (commitOptions) => troubles.call('commit', spec.id, () => open.commit(commitOptions)),
          abort: () => troubles.call('abort', spec.id, () => open.abort()),
        };
      }),
  };
}
