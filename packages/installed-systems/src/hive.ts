import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';

const headerSize = 4096;
const none = 0xffff_ffff;
/** No cell of a hive that anybody made is larger: lists of keys are split, and so are values. */
const largestCell = 4 * 1024 * 1024;
/** More names below one key are nobody's. */
const mostNames = 100_000;
const largestValue = 1024 * 1024;
/** A key or a value is its own fields and a name. */
const largestRecord = 1024;
/** What one may cost to be looked through: a hive that names its cells again and again has no end. */
const budget = { cells: 200_000, bytes: 64 * 1024 * 1024 };
/** Values of more bytes lie in pieces of this size, since version 1.4. */
const pieceOfValue = 16_344;

/** A hive of the Windows registry, to be read only (the format `regf`). */
export interface Hive {
  readonly root: HiveKey;
  /** What was written last is in log files that are not read here. */
  readonly isDirty: boolean;
}

/** A key. Every method rejects with `FormatError` for a structure that makes no sense. */
export interface HiveKey {
  readonly name: string;
  /** In the order of the hive; the first `most` of them. */
  keys(most?: number): Promise<readonly HiveKey[]>;
  /** Finds a key below this one by names with `\` between them, without regard to case. */
  find(path: string): Promise<HiveKey | undefined>;
  /** The value of this name, without regard to case; `''` is the one without a name. */
  value(name: string): Promise<HiveValue | undefined>;
  values(): Promise<readonly HiveValue[]>;
}

export interface HiveValue {
  readonly name: string;
  /** `REG_SZ` is 1, `REG_EXPAND_SZ` 2, `REG_BINARY` 3, `REG_DWORD` 4, `REG_MULTI_SZ` 7. */
  readonly type: number;
  /** At most 1 MiB. */
  bytes(): Promise<Uint8Array>;
}

/** Opens a hive of `size` bytes. Errors: `FormatError` `corrupt`; `unsupported` for hives that are no files of Windows NT 4 or later. */
export async function openHive(read: ReadAt, size: number): Promise<Hive> {
  if (size < headerSize) throw new FormatError('corrupt', `a hive of ${size} bytes`);
  const header = new ByteView(await read(0, headerSize), 'hive');
  if (header.latin1(0, 4) !== 'regf') throw header.corrupt('the signature is missing');
  const [major, minor] = [header.u32le(20), header.u32le(24)];
  if (major !== 1 || minor < 2 || minor > 6) throw new FormatError('unsupported', `hive of version ${major}.${minor}`);
  const cells = new Cells(read, Math.min(size, headerSize + header.u32le(40)));
  const isDirty = header.u32le(4) !== header.u32le(8) || header.u32le(508) !== checksum(header);
  return { root: await keyAt(cells, header.u32le(36)), isDirty };
}

/** The text of a value: UTF-16, up to its end or to the first zero. */
export async function textOf(value: HiveValue | undefined): Promise<string | undefined> {
  return value === undefined ? undefined : decode(await value.bytes()).replace(/\0[^]*$/u, '');
}

/** The texts of a `REG_MULTI_SZ`. */
export async function textsOf(value: HiveValue | undefined): Promise<readonly string[]> {
  if (value === undefined) return [];
  return decode(await value.bytes())
    .split('\0')
    .filter((text) => text !== '');
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le').decode(bytes.subarray(0, bytes.length - (bytes.length % 2)));
}

function checksum(header: ByteView): number {
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= header.u32le(at);
  const unsigned = sum >>> 0;
  return unsigned === 0 ? 1 : unsigned === none ? none - 1 : unsigned;
}

/** Everything behind the header is in cells, named by their offset from its end. */
class Cells {
  readonly #read: ReadAt;
  readonly #end: number;
  #cells = 0;
  #bytes = 0;

  constructor(read: ReadAt, end: number) {
    this.#read = read;
    this.#end = end;
  }

  /** `most`: no more than so many bytes of it are of interest. */
  async at(offset: number, what: string, most = largestCell): Promise<ByteView> {
    const start = headerSize + offset;
    this.#cells += 1;
    if (this.#cells > budget.cells || this.#bytes > budget.bytes)
      throw new FormatError('unsupported', 'hive: more is read than any of its size takes');
    if (start + 4 > this.#end) throw new FormatError('corrupt', `hive: ${what} lies behind its end`, { offset: start });
    const head = new ByteView(await this.#read(start, 4), 'hive', start);
    // Of a cell in use the size is negative.
    const size = 2 ** 32 - head.u32le(0);
    if (size < 8 || size > largestCell || start + size > this.#end) throw head.corrupt(`${what} is no cell in use`);
    const length = Math.min(size - 4, most);
    this.#bytes += length;
    return new ByteView(await this.#read(start + 4, length), `hive: ${what}`, start + 4);
  }
}

async function keyAt(cells: Cells, offset: number): Promise<HiveKey> {
  const cell = await cells.at(offset, 'a key', largestRecord);
  if (cell.latin1(0, 2) !== 'nk') throw cell.corrupt('it is no key');
  const isLatin = (cell.u16le(2) & 0x20) !== 0;
  const name = nameIn(cell, 76, cell.u16le(72), isLatin);
  const [keyCount, keyList] = [cell.u32le(20), cell.u32le(28)];
  const [valueCount, valueList] = [cell.u32le(36), cell.u32le(40)];

  async function* children(): AsyncGenerator<HiveKey> {
    if (keyCount === 0 || keyList === none) return;
    let seen = 0;
    for await (const child of listed(cells, keyList, true)) {
      seen += 1;
      if (seen > mostNames) throw cell.corrupt(`more than ${mostNames} keys`);
      yield await keyAt(cells, child);
    }
  }

  async function* allValues(): AsyncGenerator<HiveValue> {
    if (valueCount === 0 || valueList === none) return;
    if (valueCount > mostNames) throw cell.corrupt(`${valueCount} values`);
    const list = await cells.at(valueList, 'a list of values');
    for (let i = 0; i < valueCount; i += 1) yield await valueAt(cells, list.u32le(4 * i));
  }

  const key: HiveKey = {
    name,
    keys: (most) => collect(children(), most),
    values: () => collect(allValues()),
    async value(wanted) {
      for await (const value of allValues()) if (sameName(value.name, wanted)) return value;
      return undefined;
    },
    async find(path) {
      const [first, ...rest] = path.split('\\').filter((part) => part !== '');
      if (first === undefined) return key;
      for await (const child of children()) if (sameName(child.name, first)) return child.find(rest.join('\\'));
      return undefined;
    },
  };
  return key;
}

/** Offsets of the keys of a list, which may be one of lists. */
async function* listed(cells: Cells, offset: number, mayNest: boolean): AsyncGenerator<number> {
  const list = await cells.at(offset, 'a list of keys');
  const kind = list.latin1(0, 2);
  const count = list.u16le(2);
  const step = kind === 'lf' || kind === 'lh' ? 8 : 4;
  if (!['lf', 'lh', 'li', 'ri'].includes(kind) || (kind === 'ri' && !mayNest)) throw list.corrupt(`a list "${kind}"`);
  for (let i = 0; i < count; i += 1) {
    const found = list.u32le(4 + step * i);
    if (kind === 'ri') yield* listed(cells, found, false);
    else yield found;
  }
}

async function valueAt(cells: Cells, offset: number): Promise<HiveValue> {
  const cell = await cells.at(offset, 'a value', largestRecord);
  if (cell.latin1(0, 2) !== 'vk') throw cell.corrupt('it is no value');
  const name = nameIn(cell, 20, cell.u16le(2), (cell.u16le(16) & 1) !== 0);
  const size = cell.u32le(4);
  return {
    name,
    type: cell.u32le(12),
    async bytes() {
      // Up to four bytes lie where else their offset is.
      if (size >= 2 ** 31) return cell.slice(8, Math.min(4, size - 2 ** 31)).slice();
      if (size > largestValue) throw cell.corrupt(`a value of ${size} bytes`);
      if (size === 0) return new Uint8Array(0);
      const data = await cells.at(cell.u32le(8), 'the bytes of a value');
      const isSplit = size > pieceOfValue && data.latin1(0, 2) === 'db';
      return isSplit ? joined(cells, data, size) : data.slice(0, size).slice();
    },
  };
}

async function joined(cells: Cells, data: ByteView, size: number): Promise<Uint8Array> {
  const list = await cells.at(data.u32le(4), 'the pieces of a value');
  const whole = new Uint8Array(size);
  for (let [i, at] = [0, 0]; at < size; i += 1, at += pieceOfValue) {
    const piece = await cells.at(list.u32le(4 * i), 'a piece of a value');
    whole.set(piece.slice(0, Math.min(pieceOfValue, size - at)), at);
  }
  return whole;
}

function nameIn(cell: ByteView, offset: number, length: number, isLatin: boolean): string {
  return isLatin ? cell.latin1(offset, length) : decode(cell.slice(offset, length));
}

function sameName(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

async function collect<T>(items: AsyncIterable<T>, most = Infinity): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) {
    if (all.length >= most) break;
    all.push(item);
  }
  return all;
}
