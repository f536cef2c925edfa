import { layOutDisc, type DiscFile, type DiscLayout } from '@sysimage/disc-image';
import { discLabel, encodeLabel, segmentPath, type DiscLabel, type Segment, type SetCatalog } from './set-catalog.js';

export const labelPath = 'SYSIMAGE/DISC.JSN';
/** One before the data and one after: far apart on the disc. */
export const catalogPaths = ['SYSIMAGE/CATALOG.JSN', 'SYSIMAGE/CATALOG2.JSN'] as const;
export const systemAreaMark = 'SYSIMAGE-DISC/1 ';

export interface DiscContents {
  readonly layout: DiscLayout;
  /** The files that are in memory, by path; all others are segments. */
  readonly small: ReadonlyMap<string, Uint8Array>;
  readonly segments: ReadonlyMap<string, Segment>;
}

/** All files of one disc of a set, in their order on the disc. */
export function discContents(catalog: SetCatalog, encoded: Uint8Array, label: DiscLabel): DiscContents {
  const encoder = new TextEncoder();
  const labelText = encodeLabel(label);
  const [first, second] = catalogPaths;
  const readme = encoder.encode(readmeOf(catalog, label.disc));
  const before: readonly (readonly [string, Uint8Array])[] = [
    ['README.TXT', readme],
    [labelPath, encoder.encode(`${labelText}\n`)],
    [first, encoded],
  ];
  const segments = new Map(
    catalog.segments.filter(({ disc }) => disc === label.disc).map((segment) => [segmentPath(segment), segment]),
  );
  const small = new Map([...before, [second, encoded] as const]);
  const files: DiscFile[] = [
    ...before.map(([path, bytes]) => ({ path, size: bytes.length })),
    ...[...segments].map(([path, { len }]) => ({ path, size: len })),
    { path: second, size: encoded.length },
  ];
  const layout = layOutDisc(files, {
    volume: discLabel(catalog.set, label.disc),
    // UDF takes the first 16 characters for the identity of the volume, as hexadecimal digits (OSTA UDF 2.2.2.5).
    volumeSet: catalog.set.replaceAll('-', ''),
    sequence: label.disc,
    date: catalog.written,
    publisher: 'SYSIMAGE',
    systemArea: encoder.encode(`${systemAreaMark}${labelText}\n`),
  });
  return { layout, small, segments };
}

function readmeOf({ set, discs, label, written }: SetCatalog, disc: number): string {
  return [
    `Disc ${disc} of ${discs} of a set of discs: ${label.replaceAll(/[^\x20-\x7e]/gu, '?')}`,
    `Set ${set}, written ${written.toISOString()}`,
    '',
    'SYSIMAGE/CATALOG.JSN (and its copy CATALOG2.JSN) says what the set holds: under "streams" the objects with their',
    'sizes, under "segments" the files that they are made of. A segment is the file SYSIMAGE/SEG/dddd-ssssss.SEG of disc',
    'dddd, with the number ssssss. It holds plain bytes.',
    '',
    'To get an object without any program: copy all of its segments, from all discs, into one folder, and join them in the',
    'order of the catalog:  cat 0001-000001.SEG 0001-000002.SEG 0002-000003.SEG > object',
    'Every segment can be checked:  sha256sum 0001-000001.SEG  gives what the catalog says.',
    '',
  ].join('\r\n');
}
