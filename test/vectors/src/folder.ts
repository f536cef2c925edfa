/** What lies on a target: object name to bytes. */
export type Folder = ReadonlyMap<string, Uint8Array>;

/** Bytes that are not zeros: `hex` from `at` on, `times` times one after the other. */
export interface Run {
  readonly at: number;
  readonly hex: string;
  readonly times?: number;
}

/** An object as data: so many bytes, zeros wherever no run says otherwise. */
export interface PackedObject {
  readonly size: number;
  readonly runs: readonly Run[];
}

export type PackedFolder = Readonly<Record<string, PackedObject>>;

/** Zeros between two runs, at least; so many equal bytes are said once. */
const gap = 64;
/** Compared at once: most of what there is, is the same. */
const page = 4096;
/** What repeats with this period is said once. */
const period = 16;

export function unpackObject({ size, runs }: PackedObject): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const { at, hex, times = 1 } of runs) {
    const piece = Buffer.from(hex, 'hex');
    for (let i = 0; i < times; i += 1) bytes.set(piece, at + i * piece.length);
  }
  return bytes;
}

export function packObject(bytes: Uint8Array): PackedObject {
  return { size: bytes.length, runs: runsOf(bytes, new Uint8Array(bytes.length)) };
}

export function unpackFolder(packed: PackedFolder): Map<string, Uint8Array> {
  return new Map(Object.entries(packed).map(([name, object]) => [name, unpackObject(object)]));
}

export function packFolder(folder: Folder): PackedFolder {
  return Object.fromEntries([...folder].map(([name, bytes]) => [name, packObject(bytes)]));
}

/** Where `bytes` differ from `before`, which has the same length. */
export function runsOf(bytes: Uint8Array, before: Uint8Array): readonly Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at % page === 0 && Buffer.compare(bytes.subarray(at, at + page), before.subarray(at, at + page)) === 0) {
      at += page;
      continue;
    }
    if (bytes[at] === before[at]) {
      at += 1;
      continue;
    }
    let end = at + 1;
    for (let same = 0; end < bytes.length && same < gap; end += 1) same = bytes[end] === before[end] ? same + 1 : 0;
    while (bytes[end - 1] === before[end - 1]) end -= 1;
    runs.push(...foldRepeats(bytes.subarray(at, end), at));
    at = end;
  }
  return runs;
}

function foldRepeats(bytes: Uint8Array, offset: number): readonly Run[] {
  const runs: Run[] = [];
  let plain = 0;
  const flush = (end: number): void => {
    if (end > plain) runs.push({ at: offset + plain, hex: hexOf(bytes.subarray(plain, end)) });
  };
  for (let at = 0; at + 4 * period <= bytes.length;) {
    let end = at + period;
    while (end < bytes.length && bytes[end] === bytes[end - period]) end += 1;
    const times = Math.floor((end - at) / period);
    if (times < 4) {
      at += 1;
      continue;
    }
    flush(at);
    runs.push({ at: offset + at, hex: hexOf(bytes.subarray(at, at + period)), times });
    at += times * period;
    plain = at;
  }
  flush(bytes.length);
  return runs;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
