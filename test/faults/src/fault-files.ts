import type { ObjectName, RandomAccess, RandomFile } from '@sysimage/core/plugin';
import type { MemoryOperation } from '@sysimage/target-memory';
import type { Medium } from './fault-target.js';
import { gone, type Troubles } from './troubles.js';

/** What a medium writes whole or not at all. */
const sectorSize = 512;

interface Below {
  readonly troubles: Troubles;
  readonly medium: Medium | undefined;
  readonly assertRoom: (needs: boolean) => void;
}

export function faultFiles(inner: RandomAccess, below: Below): RandomAccess {
  return {
    open: (name, options) =>
      below.troubles.call('open', name, async () => {
        below.assertRoom(options.create === true);
        return faultFile(name, await inner.open(name, options), below);
      }),
  };
}

function faultFile(name: ObjectName, inner: RandomFile, { troubles, medium, assertRoom }: Below): RandomFile {
  let isLost = false;
  const call = async (
    operation: MemoryOperation,
    work: () => Promise<void>,
    tear: () => Promise<void> = work,
  ): Promise<void> => {
    if (isLost) throw gone(operation, name, 'has no file any more');
    await troubles.call(operation, name, work, (kind) => {
      if (kind === 'tear') return tear();
      if (kind === 'lose-handle') {
        isLost = true;
        throw gone(operation, name, 'lost its file');
      }
      if (kind !== 'reject-flush') return undefined;
      medium?.forget(name);
      throw gone(operation, name, 'was not done');
    });
  };
  const write = async (offset: number, bytes: Uint8Array): Promise<void> => {
    assertRoom(offset + bytes.length > (await inner.size()));
    await inner.write(offset, bytes);
  };
  const tear = async (offset: number, bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      // Sectors begin where the medium's do, not where the write does.
      const end = Math.min(bytes.length, at + sectorSize - ((offset + at) % sectorSize));
      if (troubles.random() < 0.5) await write(offset + at, bytes.subarray(at, end));
      at = end;
    }
    throw gone('write', name, 'broke off');
  };
  const deallocate = inner.deallocate?.bind(inner);
  return {
    size: () => inner.size(),
    read: (offset, into) => call('read', () => inner.read(offset, into)),
    write: (offset, bytes) =>
      call(
        'write',
        () => write(offset, bytes),
        () => tear(offset, bytes),
      ),
    truncate: (size) => call('truncate', () => inner.truncate(size)),
    flush: () => call('flush', () => inner.flush()),
    ...(deallocate === undefined ? {} : { deallocate: (range) => call('deallocate', () => deallocate(range)) }),
    close: () => inner.close(),
  };
}
