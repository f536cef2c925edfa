import { SysimageError } from '@sysimage/core/plugin';

type Native = Pick<typeof import('fs-native-extensions'), 'tryLock' | 'trim'>;

let loading: Promise<Native | undefined> | undefined;

/** Locks and hole punching, which Node lacks; `undefined` on machines that the addon was not built for. */
export function native(): Promise<Native | undefined> {
  loading ??= import('fs-native-extensions').catch(() => undefined);
  return loading;
}

/**
 * Takes the lock of an open file without waiting; false when another open file has it. The lock goes when the file is closed or the
 * process dies. `shared`: any number of open files may have it, and none alone.
 */
export async function tryLock(
  descriptor: number,
  { shared = false }: { readonly shared?: boolean } = {},
): Promise<boolean> {
  const extensions = await native();
  if (extensions === undefined) {
    throw new SysimageError('unsupported', 'This machine has no way to lock a file', { operation: 'open' });
  }
  return extensions.tryLock(descriptor, { shared });
}
