import {
  objectName,
  type Chunks,
  type ObjectName,
  type ObjectStat,
  type RandomFile,
  type Target,
} from '@sysimage/core/plugin';
import { check } from './check.js';
import type { Place } from './kit.js';

/** Bytes that differ at every place and from seed to seed. */
export function pattern(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2_654_435_761) >>> 0;
  // Taken out of the loop: test runners make globals slow.
  const { imul } = Math;
  for (let i = 0; i < size; i += 1) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The bytes in pieces, all through one buffer that is overwritten as soon as the next one is asked for. */
export function reusing(bytes: Uint8Array, piece = 10_000): Chunks {
  return async function* chunks() {
    const buffer = new Uint8Array(piece);
    for (let at = 0; at < bytes.length; at += piece) {
      const part = bytes.subarray(at, at + piece);
      buffer.set(part);
      yield buffer.subarray(0, part.length);
      buffer.fill(0xee);
    }
  };
}

export function whole(bytes: Uint8Array): Chunks {
  return async function* chunks() {
    if (bytes.length > 0) yield bytes;
  };
}

export async function put(target: Pick<Target, 'put'>, name: ObjectName, bytes: Uint8Array): Promise<ObjectStat> {
  return target.put(name, bytes.length, whole(bytes));
}

export async function read(
  target: Pick<Target, 'get'>,
  name: ObjectName,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let at = 0;
  for await (const chunk of target.get(name, { start, end })) {
    check(at + chunk.length <= bytes.length, `get ${start}..${end} yielded more than the range`);
    bytes.set(chunk, at);
    at += chunk.length;
  }
  check(at === bytes.length, `get ${start}..${end} yielded ${at} bytes and ended`);
  return bytes;
}

export async function holds(target: Target, name: ObjectName, bytes: Uint8Array, when: string): Promise<void> {
  const stat = await target.stat(name);
  check(stat !== undefined, `${when}: stat finds no ${name}`);
  check(stat.name === name, `${when}: stat of ${name} is called ${stat.name}`);
  check(stat.size === bytes.length, `${when}: stat says ${stat.size} bytes instead of ${bytes.length}`);
  same(await read(target, name, 0, bytes.length), bytes, when);
}

export function same(found: Uint8Array, wanted: Uint8Array, when: string): void {
  check(found.length === wanted.length, `${when}: ${found.length} bytes instead of ${wanted.length}`);
  if (Buffer.compare(found, wanted) === 0) return;
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  throw new Error(`${when}: byte ${at} of ${wanted.length} is wrong`);
}

export async function listed(
  target: Target,
  prefix: Parameters<Target['list']>[0],
  after?: ObjectName,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of target.list(prefix, after === undefined ? {} : { after })) names.push(name);
  return names;
}

export const aName = objectName('kit', 'object');

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export async function nothingThere({ target, reopen }: Pick<Place, 'target' | 'reopen'>, when: string): Promise<void> {
  check((await target.stat(aName)) === undefined, `${when}: the object is there`);
  const again = await reopen();
  check((await listed(again, '')).length === 0, `${when}: list shows something`);
  await again.close();
}

export async function openObject(
  target: Target,
  create: boolean,
  { exclusive = true, name = aName }: { readonly exclusive?: boolean; readonly name?: ObjectName } = {},
): Promise<RandomFile> {
  const { random } = target.facets;
  check(random !== undefined, 'the facet random is missing');
  return random.open(name, { create, exclusive });
}

export async function readFile(file: RandomFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.read(offset, bytes);
  return bytes;
}
