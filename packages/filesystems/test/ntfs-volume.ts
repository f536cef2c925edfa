export const clusterSize = 1024;
export const recordSize = 1024;
export const clusterCount = 256;

export interface Run {
  readonly cluster: number;
  readonly count: number;
}

const roundUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;
const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
const utf16 = (text: string) => new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);

/** An attribute whose value is in the record. */
export function resident(type: number, value: Uint8Array, name = ''): Uint8Array {
  const valueOffset = roundUp(24 + name.length * 2, 8);
  const bytes = new Uint8Array(roundUp(valueOffset + value.length, 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  view.setUint8(9, name.length);
  view.setUint16(10, 24, true);
  view.setUint32(16, value.length, true);
  view.setUint16(20, valueOffset, true);
  bytes.set(utf16(name), 24);
  bytes.set(value, valueOffset);
  return bytes;
}

/** An attribute, or a part of one, in clusters. */
export function inClusters(type: number, runs: readonly Run[], size: number, lowestVcn = 0): Uint8Array {
  const list: number[] = [];
  let before = 0;
  for (const { cluster, count } of runs) {
    const distance = cluster - before;
    list.push(0x22, count & 255, count >>> 8, distance & 255, (distance >>> 8) & 255);
    before = cluster;
  }
  const bytes = new Uint8Array(roundUp(64 + list.length + 1, 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  view.setUint8(8, 1);
  view.setBigUint64(16, BigInt(lowestVcn), true);
  view.setUint16(32, 64, true);
  view.setBigUint64(48, BigInt(size), true);
  bytes.set(list, 64);
  return bytes;
}

/** $ATTRIBUTE_LIST: which record holds which part. */
export function attributeList(parts: readonly { type: number; lowestVcn: number; record: number }[]): Uint8Array {
  return resident(
    0x20,
    join(
      ...parts.map(({ type, lowestVcn, record }) => {
        const entry = new Uint8Array(32);
        const view = new DataView(entry.buffer);
        view.setUint32(0, type, true);
        view.setUint16(4, 32, true);
        view.setUint8(7, 26);
        view.setBigUint64(8, BigInt(lowestVcn), true);
        view.setBigUint64(16, BigInt(record) | (1n << 48n), true);
        return entry;
      }),
    ),
  );
}

/** Puts the update sequence in, as a driver does before it writes. */
export function protect(bytes: Uint8Array, sequenceOffset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(4, sequenceOffset, true);
  view.setUint16(6, bytes.length / 512 + 1, true);
  view.setUint16(sequenceOffset, 0x1234, true);
  for (let i = 1; i <= bytes.length / 512; i += 1) {
    view.setUint16(sequenceOffset + i * 2, view.getUint16(i * 512 - 2, true), true);
    view.setUint16(i * 512 - 2, 0x1234, true);
  }
}

export function fileRecord(...attributes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(recordSize);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('FILE'));
  const body = join(...attributes, Uint8Array.of(255, 255, 255, 255));
  view.setUint16(20, 64, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 64 + body.length, true);
  bytes.set(body, 64);
  protect(bytes, 48);
  return bytes;
}

/** $INDEX_ROOT of a directory with one file. */
export function indexRoot(name: string, record: number): Uint8Array {
  const key = join(new Uint8Array(64), Uint8Array.of(name.length, 1), utf16(name));
  const entry = new Uint8Array(roundUp(16 + key.length, 8));
  const view = new DataView(entry.buffer);
  view.setBigUint64(0, BigInt(record) | (1n << 48n), true);
  view.setUint16(8, entry.length, true);
  view.setUint16(10, key.length, true);
  entry.set(key, 16);
  const last = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0);
  const header = new Uint8Array(32);
  const headerView = new DataView(header.buffer);
  headerView.setUint32(8, 4096, true);
  headerView.setUint32(16, 16, true);
  headerView.setUint32(20, 16 + entry.length + last.length, true);
  return resident(0x90, join(header, entry, last), '$I30');
}

export interface NtfsOptions {
  /** Clusters in use besides the system's own. */
  readonly used?: readonly number[];
  readonly volumeFlags?: number;
  /** Major and minor. */
  readonly version?: readonly [number, number];
  /** First bytes of $LogFile; FF all over when absent. */
  readonly log?: Uint8Array;
  /** The first bytes of hiberfil.sys. */
  readonly hibernation?: string;
  /** Where $Bitmap says its runs are; the second cluster of it is for show. */
  readonly bitmapRuns?: readonly Run[];
}

const mft: readonly Run[] = [
  { cluster: 16, count: 8 },
  { cluster: 40, count: 4 },
  { cluster: 60, count: 4 },
];
const logRun = { cluster: 200, count: 8 };
const bitmapCluster = 100;
const hibernationRun = { cluster: 120, count: 4 };

/** The system's own clusters, in order, as `[first, end]`. */
export const systemClusters = [
  [0, 8],
  [16, 24],
  [40, 44],
  [60, 64],
  [100, 101],
  [120, 124],
  [128, 129],
  [200, 208],
] as const;

/**
 * A volume of 256 clusters. $MFT lies in three pieces; the last is named in a record of the second, by an attribute list.
 */
export function ntfsVolume(options: NtfsOptions = {}): Uint8Array {
  const bytes = new Uint8Array(clusterCount * clusterSize + 512);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('\u00ebR.NTFS    '), 0);
  bytes.set(new TextEncoder().encode('NTFS    '), 3);
  view.setUint16(11, 512, true);
  view.setUint8(13, clusterSize / 512);
  view.setBigUint64(40, BigInt((clusterCount * clusterSize) / 512), true);
  view.setBigUint64(48, 16n, true);
  view.setBigUint64(56, 128n, true);
  view.setInt8(64, -10);
  view.setBigUint64(72, 0x0a1b2c3d4e5f6071n, true);
  view.setUint16(510, 0x55aa);
  bytes.copyWithin(clusterCount * clusterSize, 0, 512);

  const put = (number: number, record: Uint8Array) => {
    let left = number;
    const run = mft.find(({ count }) => left < count || ((left -= count), false));
    if (run !== undefined) bytes.set(record, (run.cluster + left) * clusterSize);
  };
  put(
    0,
    fileRecord(
      attributeList([
        { type: 0x80, lowestVcn: 0, record: 0 },
        { type: 0x80, lowestVcn: 12, record: 10 },
      ]),
      inClusters(0x80, mft.slice(0, 2), 16 * recordSize),
    ),
  );
  put(10, fileRecord(inClusters(0x80, mft.slice(2), 16 * recordSize, 12)));
  put(2, fileRecord(inClusters(0x80, [logRun], logRun.count * clusterSize)));
  put(
    3,
    fileRecord(
      resident(0x60, utf16('Data')),
      resident(
        0x70,
        Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, ...(options.version ?? [3, 1]), options.volumeFlags ?? 0, 0),
      ),
    ),
  );
  put(5, fileRecord(indexRoot('hiberfil.sys', 14)));
  const bitmapRuns = options.bitmapRuns ?? [{ cluster: bitmapCluster, count: 1 }];
  put(6, fileRecord(inClusters(0x80, bitmapRuns, clusterCount / 8)));
  put(14, fileRecord(inClusters(0x80, [hibernationRun], 4096)));

  bytes.fill(0xff, logRun.cluster * clusterSize, (logRun.cluster + logRun.count) * clusterSize);
  bytes.set(options.log ?? [], logRun.cluster * clusterSize);
  bytes.set(new TextEncoder().encode(options.hibernation ?? ''), hibernationRun.cluster * clusterSize);
  const mark = (cluster: number) => {
    const at = bitmapCluster * clusterSize + (cluster >>> 3);
    bytes[at] = (bytes[at] ?? 0) | (1 << (cluster & 7));
  };
  for (const [first, end] of systemClusters) for (let cluster = first; cluster < end; cluster += 1) mark(cluster);
  for (const cluster of options.used ?? []) mark(cluster);
  return bytes;
}

/** A page as it opens $LogFile. */
export function restartPages(...pages: readonly { sequence: number; clients: number; flags: number }[]): Uint8Array {
  const bytes = new Uint8Array(8192);
  const view = new DataView(bytes.buffer);
  pages.forEach(({ sequence, clients, flags }, index) => {
    const at = index * 4096;
    bytes.set(new TextEncoder().encode('RSTR'), at);
    view.setUint32(at + 16, 4096, true);
    view.setUint16(at + 24, 48, true);
    view.setBigUint64(at + 48, BigInt(sequence), true);
    view.setUint16(at + 48 + 12, clients, true);
    view.setUint16(at + 48 + 14, flags, true);
  });
  return bytes;
}
