import { ByteView } from '@sysimage/bytes';
import { ExtentSet, ExtentSetBuilder } from '@sysimage/extents';
import type { Hasher } from '../contract/services.js';
import { digestSize, equalBytes } from './grain.js';

const magic = 'SYSIMGA1';
const headerSize = 64;

/**
 * Format `sysimage-allocation/1`: the byte-exact allocation map of one disk. After the header come, for each run, the gap
 * before it and its length, as LEB128 numbers in units of `unit` bytes.
 */
export function encodeExtents(set: ExtentSet, hasher: Hasher): Uint8Array {
  const unit = [...set].every((run) => run.start % 512 === 0 && run.end % 512 === 0) ? 512 : 1;
  const numbers: number[] = [];
  let end = 0;
  for (const run of set) {
    pushLeb128(numbers, (run.start - end) / unit);
    pushLeb128(numbers, (run.end - run.start) / unit);
    end = run.end;
  }
  const bytes = new Uint8Array(headerSize + numbers.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic), 0);
  view.setUint32(8, set.count, true);
  view.setUint32(12, unit, true);
  bytes.set(numbers, headerSize);
  bytes.set(hasher.digest(bytes), 32);
  return bytes;
}

/** Throws `FormatError` when the bytes are not a whole map, or reach beyond `diskSize`. */
export function decodeExtents(bytes: Uint8Array, diskSize: number, hasher: Hasher, name: string): ExtentSet {
  const view = new ByteView(bytes, name);
  if (view.latin1(0, 8) !== magic) throw view.corrupt('is not an allocation map');
  const blank = bytes.slice();
  blank.fill(0, 32, headerSize);
  if (!equalBytes(hasher.digest(blank), view.slice(32, digestSize))) throw view.corrupt('digest does not match', 32);
  const count = view.u32le(8);
  const unit = view.u32le(12);
  if (unit !== 1 && unit !== 512) throw view.corrupt(`counts in units of ${unit} bytes`, 12);
  let at = headerSize;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.u8(at);
      at += 1;
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value * unit)) throw view.corrupt('a number is too large', at);
      if (byte < 128) return value * unit;
    }
  };
  const builder = new ExtentSetBuilder(Math.min(count, bytes.length));
  let end = 0;
  for (let i = 0; i < count; i += 1) {
    const start = end + next();
    end = start + next();
    if (end > diskSize) throw view.corrupt('reaches beyond the disk', at);
    builder.add(start, end);
  }
  if (at !== bytes.length) throw view.corrupt('has bytes left over', at);
  return builder.build();
}

function pushLeb128(numbers: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    numbers.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  numbers.push(rest);
}
