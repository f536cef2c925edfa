import { SysimageError, type ObjectName, type RandomFile } from '@sysimage/core/plugin';
import { orClose } from './share.js';
import type { SmbClient, SmbHandle } from './smb-client.js';
import { SmbError } from './smb-error.js';
import { translated } from './statuses.js';

/**
 * Lives and dies with its connection: what a server acknowledged before it was lost may be lost as well, so nothing here
 * ever connects anew, and every later flush rejects. `openToWrite`: when the handle is for reading only.
 */
export function createRandomFile(
  name: ObjectName,
  client: SmbClient,
  handle: SmbHandle,
  openToWrite?: () => Promise<SmbHandle>,
): RandomFile {
  const changing = new Set<Promise<unknown>>();
  let writer: Promise<SmbHandle> | undefined = openToWrite === undefined ? Promise.resolve(handle) : undefined;
  let closed = false;
  let poison: { readonly error: unknown } | undefined;

  async function call<T>(operation: string, calls: () => Promise<T>): Promise<T> {
    if (closed) throw new SysimageError('invalid', `"${name}" is closed`, { operation, context: { name } });
    return translated(operation, name, calls);
  }

  function writing(): Promise<SmbHandle> {
    if (writer !== undefined || openToWrite === undefined) return writer ?? Promise.resolve(handle);
    const opening = openSame(openToWrite);
    writer = opening;
    // The next write may have more luck.
    opening.catch(() => (writer = undefined));
    return opening;
  }

  /** A second handle of the same file, which its name may not lead to any more. */
  async function openSame(open: () => Promise<SmbHandle>): Promise<SmbHandle> {
    const second = await open();
    return orClose(client, second, async () => {
      const [mine, found] = await Promise.all([client.info(handle), client.info(second)]);
      if (mine.index === found.index) return second;
      throw new SmbError({ code: 'not-found' }, 'another object has taken its place since it was opened');
    });
  }

  /** A flush waits for it. */
  async function change(operation: string, calls: (to: SmbHandle) => Promise<void>): Promise<void> {
    const work = call(operation, async () => calls(await writing()));
    changing.add(work);
    try {
      await work;
    } finally {
      changing.delete(work);
    }
  }

  return {
    size: () => call('size', async () => (await client.info(handle)).size),
    read: (offset, into) =>
      call('read', async () => {
        const length = await client.read(handle, offset, into);
        if (length === into.byteLength) return;
        throw new SysimageError('corrupt', `"${name}" ends at ${offset + length}, before ${offset + into.byteLength}`, {
          operation: 'read',
          context: { name, offset: offset + length },
        });
      }),
    write: (offset, bytes) => change('write', (to) => client.write(to, offset, bytes)),
    truncate: (size) => change('truncate', (to) => client.setEndOfFile(to, size)),
    async flush() {
      if (poison !== undefined) throw poison.error;
      try {
        await call('flush', async () => {
          await Promise.allSettled(changing);
          if (client.lost.aborted) throw client.lost.reason;
          // Nothing was written when nothing is open for it.
          const to = await writer;
          if (to !== undefined) await client.flush(to);
        });
      } catch (error) {
        poison = { error };
        throw error;
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(changing);
      const last = await writer?.catch(() => undefined);
      const handles = last === undefined || last === handle ? [handle] : [last, handle];
      // A lost connection has closed them already.
      if (client.lost.aborted) return;
      await translated('close', name, async () => {
        await Promise.all(handles.map((each) => client.closeHandle(each)));
      });
    },
  };
}
