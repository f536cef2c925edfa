import { objectName, type Chunks, type ObjectName, type ObjectStat, type Target } from '@sysimage/core/plugin';
import { check } from './check.js';

/** Bytes that differ at every place and from seed to seed. */
export function pattern(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2_654_435_761) >>> 0;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
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
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  check(at < 0, `${when}: byte ${at} of ${wanted.length} is wrong`);
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
