import { constants } from 'node:fs';
import { throwIfCancelled, SysimageError, type Extent, type GetOptions, type ObjectName } from '@sysimage/core/plugin';
import { readFully } from '@sysimage/node-files';
import type { Folders } from './folders.js';
import { openFile, statOf, type OpenedFile } from './object-file.js';
import { system } from './system-errors.js';

const chunkSize = 2 ** 20;

export async function* getObject(
  folders: Folders,
  name: ObjectName,
  range: Extent,
  options: GetOptions | undefined,
): AsyncIterable<Uint8Array> {
  throwIfCancelled('get', options);
  const opened = await system('get', name, () => openForReading(folders, name));
  if (opened === undefined) throw notFound(name);
  try {
    const { size, state } = statOf(name, opened.stats);
    if (options?.state !== undefined && options.state !== state) throw notFound(name);
    if (range.end > size) throw endsEarly(name, size, range);
    for (let at = range.start; at < range.end;) {
      throwIfCancelled('get', options);
      const chunk = new Uint8Array(Math.min(chunkSize, range.end - at));
      const from = at;
      const read = await system('get', name, () => readFully(opened.handle, chunk, from));
      if (read < chunk.byteLength) throw endsEarly(name, at + read, range);
      yield chunk;
      at += chunk.byteLength;
    }
  } finally {
    await opened.handle.close();
  }
}

async function openForReading(folders: Folders, name: ObjectName): Promise<OpenedFile | undefined> {
  const path = await folders.find(name);
  return path === undefined ? undefined : openFile(path, constants.O_RDONLY);
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
