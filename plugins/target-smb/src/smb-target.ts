import {
  orCancelled,
  throwIfCancelled,
  SysimageError,
  type Capacity,
  type ExactParts,
  type Host,
  type OpenPurpose,
} from '@sysimage/core/plugin';
import { createFolders } from './folders.js';
import { getObject } from './get.js';
import { listObjects } from './list.js';
import { statOf } from './objects.js';
import type { SmbOptions } from './options.js';
import { createPut } from './put.js';
import { createRandomAccess } from './random-access.js';
import { createRemove } from './remove.js';
import { createShare, everyone, infoOf, parentOf, unlessMissing, withHandle, type Share } from './share.js';
import type { ConnectSmb, SmbClient } from './smb-client.js';
import { SmbError, statusOf } from './smb-error.js';
import { connectSmb2 } from './smb2-client.js';
import { missing, translated, wrongKind } from './statuses.js';
import { isThisMachine } from './this-machine.js';

/** Opens a folder of a share as a target. For writing it need not be there yet: nothing is made before the first put. */
export async function openShare(
  options: SmbOptions,
  host: Host,
  purpose: OpenPurpose,
  connect: ConnectSmb = connectSmb2,
): Promise<ExactParts<'random' | 'capacity', never>> {
  const location = locationOf(options);
  const { password } = options;
  if (password === undefined) {
    throw new SysimageError('credentials', `There is no password for ${location}`, {
      operation: 'open',
      context: { name: location },
      remedy: 'Put it into the environment variable SYSIMAGE_SMB_PASSWORD or the option "password".',
    });
  }
  const { user, domain } = options;
  const connectHere = (): Promise<SmbClient> => connect(options, { user, domain, password: password.reveal() });
  const first = await translated('open', location, connectHere);
  const share = createShare(options.path, first, connectHere);
  try {
    await translated('open', location, () => checkRoot(first, options.path, purpose));
  } catch (error) {
    await share.close();
    throw error;
  }
  const folders = createFolders();
  return {
    traits: {
      // An address, because nothing that servers say of themselves is both stable and theirs alone.
      identity: `smb:${options.host}:${options.port}/${options.share}/${options.path}`.toLowerCase(),
      location,
      medium: 'share',
      ...(isThisMachine(first.facts)
        ? { physicalDisksUnknown: 'the share is served by this machine' }
        : { physicalDisks: [] }),
      writeOnce: false,
      singleVersion: options.versions === 'single',
      transport: first.facts.transport,
    },
    facets: { random: createRandomAccess(share, folders), capacity: capacityOf(share, location) },
    async stat(name, callOptions) {
      throwIfCancelled('stat', callOptions);
      const work = translated('stat', name, async () => infoOf(await share.client(), share.pathOf(name)));
      const info = await orCancelled('stat', work, callOptions);
      return info === undefined ? undefined : statOf(name, info);
    },
    list: (prefix, listOptions) => listObjects(share, prefix, listOptions),
    get: (name, range, getOptions) => getObject(share, name, range, getOptions),
    put: createPut(share, folders, host),
    remove: createRemove(share, host),
    close: () => share.close(),
  };
}

function locationOf({ host, port, share, path }: SmbOptions): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `smb://${name}${port === 445 ? '' : `:${port}`}/${share}${path === '' ? '' : `/${path}`}`;
}

const folder = { kind: 'folder', access: [], share: everyone } as const;

async function checkRoot(client: SmbClient, path: string, purpose: OpenPurpose): Promise<void> {
  let found: boolean;
  try {
    await withHandle(client, path, folder, async () => {});
    found = true;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && wrongKind.has(status)) {
      throw new SmbError({ code: 'invalid' }, 'a file is in the place of the folder');
    }
    if (status === undefined || !missing.has(status)) throw error;
    found = false;
  }
  if (!found && purpose === 'read') {
    throw new SmbError({ code: 'not-found' }, 'there is no such folder on the share');
  }
}

function capacityOf(share: Share, location: string): Capacity {
  return {
    async read(options) {
      throwIfCancelled('capacity', options);
      return translated('capacity', location, async () => {
        const client = await share.client();
        for (let path = share.root; ; path = parentOf(path)) {
          const space = await unlessMissing(() => withHandle(client, path, folder, (handle) => client.space(handle)));
          if (space !== undefined) return space;
          if (path === '') throw new SmbError({ code: 'unavailable' }, 'the share has no root');
        }
      });
    },
  };
}
