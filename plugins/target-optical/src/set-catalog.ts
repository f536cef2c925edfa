import { FormatError } from '@sysimage/bytes';
import { isObjectName, type ObjectName } from '@sysimage/core/plugin';

export const setFormat = 'sysimage-discset/1';

/** A run of bytes of one object, a file of its own on one disc. */
export interface Segment {
  /** From 1, over the whole set. */
  readonly seq: number;
  readonly stream: ObjectName;
  /** In the object. */
  readonly off: number;
  readonly len: number;
  /** Number of the disc in the set, from 1. */
  readonly disc: number;
  readonly sha256: string;
}

/** What a set of discs holds; the same on every disc of it. */
export interface SetCatalog {
  readonly set: string;
  /** For people. */
  readonly label: string;
  readonly written: Date;
  readonly segSize: number;
  readonly discs: number;
  readonly streams: ReadonlyMap<ObjectName, number>;
  /** Those of one stream in the order of its bytes. */
  readonly segments: readonly Segment[];
}

export const largestSegment = 2 ** 26;
export const mostDiscs = 9999;
export const mostSegments = 999_999;

/** What is written on a disc, and its volume name: says which set and which disc of it. */
export function discLabel(set: string, disc: number): string {
  return `SYSIMG_${set.slice(0, 8).toUpperCase()}_${String(disc).padStart(4, '0')}`;
}

export function segmentPath({ disc, seq }: Pick<Segment, 'disc' | 'seq'>): string {
  return `SYSIMAGE/SEG/${String(disc).padStart(4, '0')}-${String(seq).padStart(6, '0')}.SEG`;
}

export function encodeCatalog(catalog: SetCatalog): Uint8Array {
  const lines = [
    `"format": ${JSON.stringify(setFormat)}`,
    `"set": ${JSON.stringify(catalog.set)}`,
    `"label": ${JSON.stringify(catalog.label)}`,
    `"written": ${JSON.stringify(catalog.written.toISOString())}`,
    `"segSize": ${catalog.segSize}`,
    `"discs": ${rows(Array.from({ length: catalog.discs }, (_, i) => ({ disc: i + 1, label: discLabel(catalog.set, i + 1) })))}`,
    `"streams": ${JSON.stringify(Object.fromEntries(catalog.streams), undefined, 1)}`,
    `"segments": ${rows(catalog.segments)}`,
    `"paritySegs": []`,
    `"complete": true`,
  ];
  return new TextEncoder().encode(`{\n${lines.join(',\n')}\n}\n`);
}

function rows(values: readonly object[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]`;
}

/** Reads a catalog that nobody vouches for: whatever it says is possible, or it is a `FormatError`. */
export function decodeCatalog(bytes: Uint8Array): SetCatalog {
  const root = objectOf(parseJson(bytes), 'the catalog');
  if (root['format'] !== setFormat) throw new FormatError('unsupported', `catalog: not ${setFormat}`);
  if (root['complete'] !== true) throw corrupt('it is not complete');
  if (listOf(root['paritySegs'] ?? [], 'paritySegs').length > 0) {
    throw new FormatError('unsupported', 'catalog: parity is not read here');
  }
  const written = new Date(textOf(root['written'], 'written'));
  if (Number.isNaN(written.getTime())) throw corrupt('"written" is no time');
  const discs = listOf(root['discs'], 'discs').length;
  if (discs < 1 || discs > mostDiscs) throw corrupt(`${discs} discs`);
  const streams = new Map<ObjectName, number>();
  for (const [name, size] of Object.entries(objectOf(root['streams'], 'streams'))) {
    if (!isObjectName(name)) throw corrupt(`"${name}" is no name`);
    streams.set(name, numberOf(size, 0, Number.MAX_SAFE_INTEGER, `the size of "${name}"`));
  }
  const segSize = numberOf(root['segSize'], 1, largestSegment, 'segSize');
  const segments = listOf(root['segments'], 'segments').map((row) => segmentOf(row, segSize, discs));
  checkCover(streams, segments);
  return {
    set: setIdOf(root['set']),
    label: textOf(root['label'], 'label'),
    written,
    segSize,
    discs,
    streams,
    segments,
  };
}

export interface DiscLabel {
  readonly set: string;
  readonly disc: number;
  readonly of: number;
  /** Of both copies of the catalog. */
  readonly catalog: { readonly size: number; readonly sha256: string };
}

export function encodeLabel({ set, disc, of, catalog }: DiscLabel): string {
  const label = discLabel(set, disc);
  return JSON.stringify({ format: setFormat, set, disc, of, kind: 'data', label, catalog });
}

export function decodeLabel(bytes: Uint8Array): DiscLabel {
  const root = objectOf(parseJson(bytes), 'the label');
  if (root['format'] !== setFormat) throw new FormatError('unsupported', `label: not ${setFormat}`);
  const of = numberOf(root['of'], 1, mostDiscs, 'of');
  const catalog = objectOf(root['catalog'], 'catalog');
  return {
    set: setIdOf(root['set']),
    of,
    disc: numberOf(root['disc'], 1, of, 'disc'),
    catalog: { size: numberOf(catalog['size'], 1, 2 ** 29, 'size'), sha256: digestOf(catalog['sha256']) },
  };
}

function segmentOf(row: unknown, segSize: number, discs: number): Segment {
  const fields = objectOf(row, 'a segment');
  const stream = textOf(fields['stream'], 'stream');
  if (!isObjectName(stream)) throw corrupt(`"${stream}" is no name`);
  return {
    seq: numberOf(fields['seq'], 1, mostSegments, 'seq'),
    stream,
    off: numberOf(fields['off'], 0, Number.MAX_SAFE_INTEGER, 'off'),
    len: numberOf(fields['len'], 1, segSize, 'len'),
    disc: numberOf(fields['disc'], 1, discs, 'disc'),
    sha256: digestOf(fields['sha256']),
  };
}

/** The segments of a stream in their order are the stream: without a gap, twice nothing, to its end. */
function checkCover(streams: ReadonlyMap<ObjectName, number>, segments: readonly Segment[]): void {
  const ends = new Map<ObjectName, number>();
  const seqs = new Set<number>();
  for (const { seq, stream, off, len } of segments) {
    if (off !== (ends.get(stream) ?? 0)) throw corrupt(`the segments of "${stream}" do not join`);
    ends.set(stream, off + len);
    if (seqs.has(seq)) throw corrupt(`segment ${seq} is there twice`);
    seqs.add(seq);
    if (!streams.has(stream)) throw corrupt(`there is no "${stream}"`);
  }
  for (const [name, size] of streams) {
    if ((ends.get(name) ?? 0) !== size) throw corrupt(`the segments of "${name}" are not as long as it`);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw corrupt('it is no JSON');
  }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(`${what} is no object`);
  return Object.fromEntries(Object.entries(value));
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw corrupt(`"${what}" is no list`);
  return value;
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw corrupt(`"${what}" is no text`);
  return value;
}

function setIdOf(value: unknown): string {
  const id = textOf(value, 'set');
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/u.test(id)) throw corrupt('"set" is no id');
  return id;
}

function digestOf(value: unknown): string {
  const digest = textOf(value, 'sha256');
  if (!/^[0-9a-f]{64}$/u.test(digest)) throw corrupt('"sha256" is no digest');
  return digest;
}

function numberOf(value: unknown, least: number, most: number, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw corrupt(`"${what}" is out of range`);
  }
  return value;
}

function corrupt(what: string): FormatError {
  return new FormatError('corrupt', `catalog: ${what}`);
}
