import { SysimageError, type Leases } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryStore, TakenLease } from './memory-store.js';

/** Leases that end only when they are released: the holder and the medium are one process. */
export function leases(store: MemoryStore, announce: Announce): Leases {
  return {
    async acquire(name, options) {
      await announce('acquire', name, options);
      const taken = store.leases.get(name) ?? new Set<TakenLease>();
      store.leases.set(name, taken);
      const other = [...taken].find(({ mode }) => mode === 'exclusive' || options.mode === 'exclusive');
      if (other !== undefined) {
        throw new SysimageError('busy', `${name} is held by ${other.holder.program} on ${other.holder.host}`, {
          retry: 'later',
          operation: 'acquire',
          context: { name },
        });
      }
      const lease: TakenLease = { mode: options.mode, holder: options.holder };
      taken.add(lease);
      const lost = new AbortController();
      return {
        lost: lost.signal,
        assertHeld() {
          if (!taken.has(lease)) throw new SysimageError('busy', `${name} is not held`, { operation: 'lease' });
        },
        async release() {
          taken.delete(lease);
        },
      };
    },
  };
}
