import {
  SysimageError,
  throwIfCancelled,
  type Extent,
  type GetOptions,
  type ObjectName,
  type ObjectStat,
} from '@sysimage/core/plugin';
import type { MemoryObject } from './memory-object.js';

const chunkSize = 65_536;

/** Exactly the bytes of the range, or the error that says why not. */
export function* getBytes(
  name: ObjectName,
  object: MemoryObject | undefined,
  range: Extent,
  options: GetOptions | undefined,
): Iterable<Uint8Array> {
  if (object === undefined || (options?.state !== undefined && options.state !== `${object.generation}`)) {
    throw new SysimageError('not-found', `There is no object ${name}`, { operation: 'get', context: { name } });
  }
  if (range.end > object.size) {
    throw new SysimageError('corrupt', `${name} ends at ${object.size}, before ${range.end}`, {
      operation: 'get',
      context: { name, offset: object.size },
    });
  }
  for (let at = range.start; at < range.end; at += chunkSize) {
    throwIfCancelled('get', options);
    const chunk = new Uint8Array(Math.min(chunkSize, range.end - at));
    object.read(at, chunk);
    yield chunk;
  }
}

export function statOf(name: ObjectName, object: MemoryObject): ObjectStat {
  return { name, size: object.size, modified: object.modified, state: `${object.generation}` };
}
