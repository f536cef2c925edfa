import { SysimageError, type Chunks, type ObjectName, type PutOptions } from '@sysimage/core/plugin';
import { throwIfCancelled } from './calls.js';
import type { MemoryStore } from './memory-store.js';
import { SparseBytes } from './sparse-bytes.js';

/** Takes exactly `size` bytes; they become an object only when the caller links them. */
export async function collect(
  store: MemoryStore,
  { name, size }: { readonly name: ObjectName; readonly size: number },
  chunks: Chunks,
  options: PutOptions | undefined,
): Promise<SparseBytes> {
  store.reserve(size, 'put');
  const bytes = new SparseBytes();
  for await (const chunk of chunks()) {
    throwIfCancelled('put', options);
    if (bytes.size + chunk.byteLength > size) throw wrongSize(name, `more than ${size} bytes came`);
    bytes.write(bytes.size, chunk);
    store.bytesWritten += chunk.byteLength;
  }
  throwIfCancelled('put', options);
  if (bytes.size !== size) throw wrongSize(name, `${bytes.size} of ${size} bytes came`);
  // Others may have written meanwhile.
  store.reserve(size, 'put');
  return bytes;
}

function wrongSize(name: ObjectName, what: string): SysimageError {
  return new SysimageError('invalid', `${name} was not written: ${what}`, { operation: 'put', context: { name } });
}
