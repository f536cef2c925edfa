import { setTimeout } from 'node:timers/promises';
import {
  orCancelled,
  throwIfCancelled,
  untilCancelled,
  SysimageError,
  type Chunks,
  type Host,
  type ObjectName,
  type ObjectStat,
  type PutOptions,
} from '@sysimage/core/plugin';
import { flushFolder, type Folders } from './folders.js';
import { sweepLeftovers, temporaryName } from './leftovers.js';
import { statOf } from './objects.js';
import { everyone, infoOf, joined, parentOf, withHandle, type Share } from './share.js';
import type { SmbClient, SmbHandle, SmbInfo } from './smb-client.js';
import { SmbError, statusOf } from './smb-error.js';
import { collision, denied, inUse, missing, translated, wrongKind } from './statuses.js';
import { createWriteBehind } from './write-behind.js';

export type Put = (name: ObjectName, size: number, chunks: Chunks, options?: PutOptions) => Promise<ObjectStat>;

const patience = 10_000;
/** How often the name is looked up after the rename. */
const looks = 5;

/**
 * 1. the folder, durably; 2. a file beside the object with all bytes, on the medium; 3. rename; 4. the folder's entries.
 * Until 3 the old object is whole; from then on the new one is.
 */
export function createPut(share: Share, folders: Folders, host: Host): Put {
  /** By connection: a server that came back may have kept something. */
  const swept = new WeakMap<SmbClient, Set<string>>();
  const turns = new Map<string, Promise<unknown>>();

  async function makeTemporary(client: SmbClient, path: string): Promise<SmbHandle> {
    for (let attempt = 1; ; attempt += 1) {
      await folders.makeFor(client, path);
      const folder = parentOf(path);
      try {
        const done = swept.get(client) ?? new Set();
        if (!done.has(folder)) {
          // Before the write, because a leftover may hold the space that it needs.
          await sweepLeftovers(client, folder, host);
          swept.set(client, done.add(folder));
        }
        return await client.open(joined(folder, temporaryName(host)), {
          kind: 'file',
          access: ['read', 'write', 'delete'],
          share: [],
          create: true,
        });
      } catch (error) {
        const status = statusOf(error);
        // The folder was removed since it was last seen.
        if (status === undefined || !missing.has(status) || attempt > 1) throw error;
        folders.forget();
      }
    }
  }

  /** Puts of one object take turns here: servers refuse to replace a file while it is open, as after the rename before. */
  async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(path) ?? Promise.resolve();
    const mine = before.then(work, work);
    turns.set(path, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(path) === mine) turns.delete(path);
    }
  }

  return async (name, size, chunks, options) => {
    throwIfCancelled('put', options);
    const path = share.pathOf(name);
    const { client, handle } = await translated('put', name, async () => {
      const connected = await share.client();
      return { client: connected, handle: await makeTemporary(connected, path) };
    });
    let renamed = false;
    try {
      await fill(client, handle, { name, size }, chunks, options);
      return await translated('put', name, () =>
        inTurn(path, async () => {
          await replace(client, handle, path, options);
          renamed = true;
          await flushFolder(client, parentOf(path));
          const info = await client.info(handle);
          await client.closeHandle(handle);
          return statOf(name, await settled(client, path, info));
        }),
      );
    } catch (error) {
      // After a rename that is known to be done it is the object.
      if (!renamed) await client.removeOnClose(handle, true).catch(() => {});
      await client.closeHandle(handle).catch(() => {});
      throw error;
    }
  };
}

/** The time of the last write is settled only when the file is closed. By then another put may have come, and its facts are not ours. */
async function settled(client: SmbClient, path: string, info: SmbInfo): Promise<SmbInfo> {
  let found = await infoOf(client, path);
  // Seen once, from a Samba under load, and not explained: a name that is not there right after the rename was acknowledged.
  for (let look = 1; found === undefined && look < looks; look += 1) {
    await setTimeout(look * 20);
    found = await infoOf(client, path);
  }
  if (found === undefined) throw new SmbError({ code: 'unavailable' }, 'it is gone right after it was written');
  return found.index === info.index ? found : info;
}

async function fill(
  client: SmbClient,
  handle: SmbHandle,
  { name, size }: { readonly name: ObjectName; readonly size: number },
  chunks: Chunks,
  options: PutOptions | undefined,
): Promise<void> {
  const behind = createWriteBehind((offset, bytes) =>
    translated('put', name, () => client.write(handle, offset, bytes)),
  );
  let came = 0;
  try {
    for await (const chunk of untilCancelled('put', chunks(), options)) {
      came += chunk.byteLength;
      if (came > size) throw wrongSize(name, `more than ${size} bytes came`);
      await orCancelled('put', behind.add(chunk), options);
      throwIfCancelled('put', options);
    }
  } finally {
    await behind.settle();
  }
  if (came !== size) throw wrongSize(name, `${came} of ${size} bytes came`);
  await behind.end();
  const flushed = translated('put', name, async () => {
    const { size: there } = await client.info(handle);
    if (there !== size) throw new SmbError({ code: 'unavailable' }, `the server kept ${there} of ${size} bytes`);
    await client.flush(handle);
  });
  await orCancelled('put', flushed, options);
  throwIfCancelled('put', options);
}

/** Waits a while for those who have the old object open; they are readers of something small, or about to end. */
async function replace(
  client: SmbClient,
  handle: SmbHandle,
  path: string,
  options: PutOptions | undefined,
): Promise<void> {
  const deadline = performance.now() + patience;
  for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
    try {
      await client.rename(handle, path, { replace: true });
      return;
    } catch (error) {
      const status = statusOf(error);
      if (
        status === undefined ||
        !(denied.has(status) || inUse.has(status) || missing.has(status) || status === collision)
      ) {
        throw error;
      }
      const reason = await whyNot(client, path);
      if (reason === undefined) throw error;
      if (reason !== 'in use') throw reason;
      if (performance.now() > deadline) {
        throw new SmbError(
          { status: 0xc0000043 },
          'the object is open elsewhere, so the server does not let it be replaced',
        );
      }
    }
    throwIfCancelled('put', options);
    await setTimeout(pause);
  }
}

/** Why a file cannot be replaced; `undefined` when that cannot be seen. Looks without being in a reader's way. */
async function whyNot(client: SmbClient, path: string): Promise<'in use' | SmbError | undefined> {
  try {
    await withHandle(client, path, { kind: 'file', access: ['delete'], share: everyone }, async () => {});
    return 'in use';
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && wrongKind.has(status)) return new SmbError({ status }, 'a folder is in its place');
    // Gone by now, or about to.
    if (status !== undefined && (inUse.has(status) || missing.has(status))) return 'in use';
    return undefined;
  }
}

function wrongSize(name: ObjectName, what: string): SysimageError {
  return new SysimageError('invalid', `"${name}" was not written: ${what}`, { operation: 'put', context: { name } });
}
