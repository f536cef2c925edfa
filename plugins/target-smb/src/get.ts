import {
  orCancelled,
  throwIfCancelled,
  SysimageError,
  type Extent,
  type GetOptions,
  type ObjectName,
} from '@sysimage/core/plugin';
import { statOf } from './objects.js';
import { everyone, unlessMissing, type Share } from './share.js';
import type { SmbClient, SmbHandle } from './smb-client.js';
import { translated } from './statuses.js';

const chunkSize = 2 ** 20;
const ahead = 3;

export async function* getObject(
  share: Share,
  name: ObjectName,
  range: Extent,
  options: GetOptions | undefined,
): AsyncIterable<Uint8Array> {
  throwIfCancelled('get', options);
  const client = await orCancelled(
    'get',
    translated('get', name, () => share.client()),
    options,
  );
  const handle = await translated('get', name, () =>
    unlessMissing(() => client.open(share.pathOf(name), { kind: 'file', access: ['read'], share: everyone })),
  );
  if (handle === undefined) throw notFound(name);
  try {
    const { size, state } = statOf(name, await translated('get', name, () => client.info(handle)));
    if (options?.state !== undefined && options.state !== state) throw notFound(name);
    if (range.end > size) throw endsEarly(name, size, range);
    const reads: Promise<Uint8Array>[] = [];
    for (let next = range.start, at = range.start; at < range.end;) {
      while (next < range.end && reads.length < ahead) {
        reads.push(read(client, handle, name, { start: next, end: Math.min(next + chunkSize, range.end) }));
        next += chunkSize;
      }
      const [first] = reads.splice(0, 1);
      if (first === undefined) break;
      const chunk = await orCancelled('get', first, options);
      yield chunk;
      at += chunk.byteLength;
    }
  } finally {
    await client.closeHandle(handle).catch(() => {});
  }
}

function read(client: SmbClient, handle: SmbHandle, name: ObjectName, range: Extent): Promise<Uint8Array> {
  const work = async (): Promise<Uint8Array> => {
    const chunk = new Uint8Array(range.end - range.start);
    const length = await translated('get', name, () => client.read(handle, range.start, chunk));
    if (length < chunk.byteLength) throw endsEarly(name, range.start + length, range);
    return chunk;
  };
  const reading = work();
  // Whoever waits for it hears of it; a reader that stopped does not want to.
  reading.catch(() => {});
  return reading;
}

function notFound(name: ObjectName): SysimageError {
  return new SysimageError('not-found', `There is no object "${name}"`, { operation: 'get', context: { name } });
}

function endsEarly(name: ObjectName, size: number, range: Extent): SysimageError {
  return new SysimageError('corrupt', `"${name}" ends at ${size}, before ${range.end}`, {
    operation: 'get',
    context: { name, offset: size },
  });
}
