import { SysimageError, type ObjectName } from '@sysimage/core/plugin';
import type { SmbAccess, SmbClient, SmbHandle, SmbInfo, SmbOpen } from './smb-client.js';
import { statusOf } from './smb-error.js';
import { missing, wrongKind } from './statuses.js';

/** The folder on the share where the objects lie. Connects anew when the connection was lost: what was open then stays lost. */
export interface Share {
  readonly root: string;
  client(): Promise<SmbClient>;
  pathOf(name: ObjectName): string;
  close(): Promise<void>;
}

export const everyone: readonly SmbAccess[] = ['read', 'write', 'delete'];

export function createShare(root: string, first: SmbClient, connect: () => Promise<SmbClient>): Share {
  let current: Promise<SmbClient> = Promise.resolve(first);
  let lost: AbortSignal | undefined = first.lost;
  let closed = false;

  return {
    root,
    client() {
      if (closed) throw new SysimageError('invalid', 'The target is closed', { operation: 'open' });
      if (lost?.aborted === true) {
        lost = undefined;
        const next = connect();
        current = next;
        next.then(
          (client) => (lost = client.lost),
          () => (lost = AbortSignal.abort()),
        );
      }
      return current;
    },
    pathOf: (name) => joined(root, name),
    async close() {
      closed = true;
      const client = await current.catch(() => undefined);
      await client?.close();
    },
  };
}

export function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Opens, uses, closes. */
export async function withHandle<T>(
  client: SmbClient,
  path: string,
  options: SmbOpen,
  use: (handle: SmbHandle) => Promise<T>,
): Promise<T> {
  const handle = await client.open(path, options);
  const result = await orClose(client, handle, () => use(handle));
  await client.closeHandle(handle);
  return result;
}

/** What fails before a handle has an owner must not leave it open. */
export async function orClose<T>(client: SmbClient, handle: SmbHandle, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    await client.closeHandle(handle).catch(() => {});
    throw error;
  }
}

/** `undefined` when no file is there. */
export async function infoOf(client: SmbClient, path: string): Promise<SmbInfo | undefined> {
  return unlessMissing(() =>
    withHandle(client, path, { kind: 'file', access: [], share: everyone }, (handle) => client.info(handle)),
  );
}

/** `undefined` when nothing is there, or something of the other kind. */
export async function unlessMissing<T>(calls: () => Promise<T>): Promise<T | undefined> {
  try {
    return await calls();
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && (missing.has(status) || wrongKind.has(status))) return undefined;
    throw error;
  }
}
