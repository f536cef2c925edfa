import { SysimageError, type Target } from '@sysimage/core/plugin';
import type { Call } from './call.js';
import { intercepted } from './intercepted.js';

/**
 * Refuses, with `denied`, whatever could leave the place other than it was or keep others from changing it. Facets and flags stay those of
 * the place: a plan is about what can be done there, not about who looks.
 */
export function readOnly(target: Target): Target {
  const refusing = async <T>(call: Call, work: () => Promise<T>): Promise<T> => {
    if (call.changes) throw refused(call);
    return work();
  };
  return intercepted(target, {
    once: refusing,
    write: (call, offset, bytes, work) => refusing(call, () => work(offset, bytes)),
  });
}

function refused({ operation, name }: Call): SysimageError {
  return new SysimageError('denied', `${operation} of "${name}" was refused: the target is open for reading only`, {
    operation,
    context: { name },
  });
}
