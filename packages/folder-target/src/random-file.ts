import type { FileHandle } from 'node:fs/promises';
import { SysimageError, type ObjectName, type RandomFile } from '@sysimage/core/plugin';
import { createWriteQueue, lendFile, readFully, writeFully } from '@sysimage/node-files';
import { native } from './native.js';
import { errnoOf, system } from './system-errors.js';

const stepSize = 2 ** 20;

export function createRandomFile(
  name: ObjectName,
  { handle, writable }: { readonly handle: FileHandle; readonly writable: boolean },
): RandomFile {
  let closed = false;
  let resized = false;
  let poison: { readonly error: unknown } | undefined;
  const queue = createWriteQueue(handle);
  const file = lendFile(handle);

  async function call<T>(operation: string, calls: () => Promise<T>): Promise<T> {
    if (closed) throw new SysimageError('invalid', `"${name}" is closed`, { operation, context: { name } });
    return system(operation, name, calls);
  }

  async function change<T>(operation: string, calls: () => Promise<T>): Promise<T> {
    if (writable) return call(operation, calls);
    throw new SysimageError('denied', `"${name}" can only be read`, { operation, context: { name } });
  }

  return {
    size: () => call('size', async () => (await handle.stat()).size),
    read: (offset, into, direct) =>
      call('read', async () => {
        if (direct !== undefined && (await file.lend((descriptor) => direct(descriptor, offset)))) return;
        const read = await readFully(handle, into, offset);
        if (read === into.byteLength) return;
        throw new SysimageError('corrupt', `"${name}" ends at ${offset + read}, before ${offset + into.byteLength}`, {
          operation: 'read',
          context: { name, offset: offset + read },
        });
      }),
    write: (offset, bytes) => change('write', () => queue.write(bytes, offset)),
    ...(writable ? { lend: (use) => file.lend(use) } : {}),
    truncate: (size) =>
      change('truncate', async () => {
        resized = true;
        await handle.truncate(size);
      }),
    async flush() {
      if (poison !== undefined) throw poison.error;
      const whole = resized;
      resized = false;
      try {
        await call('flush', () => (whole ? handle.sync() : handle.datasync()));
      } catch (error) {
        // The kernel reports lost writes once and then forgets them: a second flush would claim that all is well.
        poison = { error };
        throw error;
      }
    },
    deallocate: (range) =>
      change('deallocate', async () => {
        const end = Math.min(range.end, (await handle.stat()).size);
        if (range.start >= end) return;
        if (!(await punch(handle, range.start, end))) await writeZeros(handle, range.start, end);
      }),
    async close() {
      if (closed) return;
      closed = true;
      await system('close', name, () => file.close());
    },
  };
}

async function punch(handle: FileHandle, start: number, end: number): Promise<boolean> {
  const extensions = await native();
  if (extensions === undefined) return false;
  try {
    await extensions.trim(handle.fd, start, end - start);
    return true;
  } catch (error) {
    if (['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** For file systems without holes to punch. Leaves alone what reads as zeros, so that holes stay holes. */
async function writeZeros(handle: FileHandle, start: number, end: number): Promise<void> {
  const step = Buffer.alloc(Math.min(stepSize, end - start));
  const zeros = Buffer.alloc(step.byteLength);
  for (let at = start; at < end; at += step.byteLength) {
    const length = Math.min(step.byteLength, end - at);
    await readFully(handle, step.subarray(0, length), at);
    if (!step.subarray(0, length).equals(zeros.subarray(0, length))) {
      await writeFully(handle, zeros.subarray(0, length), at);
    }
  }
}
