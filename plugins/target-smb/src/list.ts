import {
  throwIfCancelled,
  isObjectName,
  type ListOptions,
  type NamePrefix,
  type ObjectName,
  type ObjectStat,
} from '@sysimage/core/plugin';
import { statOf } from './objects.js';
import { everyone, joined, unlessMissing, withHandle, type Share } from './share.js';
import type { SmbEntry } from './smb-client.js';
import { translated } from './statuses.js';

interface Entry {
  readonly name: ObjectName;
  /** What the names below it start with, or its own name: as names sort, `a-b` and `a.b` come before `a/b`. */
  readonly order: string;
  readonly found: SmbEntry;
}

/** Every object below the prefix, one folder in memory at a time for each level. */
export async function* listObjects(
  share: Share,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): AsyncIterable<ObjectStat> {
  throwIfCancelled('list', options);
  const after = options?.after ?? '';
  for (const { name, order, found } of await entriesOf(share, prefix, options)) {
    // All names below a folder start with `order`, so they lie on one side of `after` unless it does too.
    if (order <= after && !after.startsWith(order)) continue;
    if (found.kind === 'folder') yield* listObjects(share, name, options);
    else if (name > after) yield statOf(name, found);
  }
}

async function entriesOf(share: Share, prefix: NamePrefix, options: ListOptions | undefined): Promise<Entry[]> {
  const path = prefix === '' ? share.root : joined(share.root, prefix);
  const entries = await translated('list', prefix, () =>
    unlessMissing(async () => {
      const client = await share.client();
      return withHandle(client, path, { kind: 'folder', access: ['read'], share: everyone }, async (handle) => {
        const all: Entry[] = [];
        for await (const page of client.list(handle)) {
          throwIfCancelled('list', options);
          for (const found of page) {
            if (found.name.includes('/')) continue;
            const name = prefix === '' ? found.name : `${prefix}/${found.name}`;
            if (isObjectName(name)) all.push({ name, order: found.kind === 'folder' ? `${name}/` : name, found });
          }
        }
        return all;
      });
    }),
  );
  return (entries ?? []).sort((a, b) => (a.order < b.order ? -1 : 1));
}
