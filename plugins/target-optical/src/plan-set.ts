import { SysimageError, type ObjectName } from '@sysimage/core/plugin';
import { discContents } from './disc-files.js';
import { encodeCatalog, mostDiscs, mostSegments, type Segment, type SetCatalog } from './set-catalog.js';

export interface PlanRequest {
  readonly objects: readonly { readonly name: ObjectName; readonly size: number }[];
  readonly capacity: number;
  readonly set: string;
  readonly label: string;
  readonly written: Date;
}

const sector = 2048;
/** Entry in UDF, and names in four places. */
const segmentOverhead = sector + 512;
/** A shorter rest of a disc stays empty, unless the object ends there. */
const shortestPart = 65_536;
const noDigest = '0'.repeat(64);

/**
 * Cuts objects into segments and lays them on discs in order. The catalog of all of it is on every disc, so its length, which
 * depends on the cutting, must be known before: tried with more and more room for it until every disc is small enough.
 */
export function planSet(request: PlanRequest): SetCatalog {
  const { objects, capacity, set, label, written } = request;
  // Larger ones for Blu-ray discs keep the catalog short.
  const segSize = capacity >= 20e9 ? 2 ** 24 : 2 ** 22;
  const streams = new Map(objects.map(({ name, size }) => [name, size]));
  for (let reserve = 640 * 1024; reserve < capacity;) {
    const segments = cut(objects, capacity - reserve, segSize);
    if (segments === undefined) break;
    const discs = segments.at(-1)?.disc ?? 1;
    const catalog: SetCatalog = { set, label, written, segSize, discs, streams, segments };
    const largest = largestDisc(catalog);
    if (largest <= capacity) return catalog;
    reserve += Math.max(largest - capacity, 32 * sector);
  }
  throw new SysimageError('no-space', `The discs are too small: ${capacity} bytes do not hold what every disc must`, {
    operation: 'commit',
    context: { capacity },
    remedy: 'Choose discs of a greater capacity.',
  });
}

function largestDisc(catalog: SetCatalog): number {
  const encoded = encodeCatalog(catalog);
  const of = catalog.discs;
  let largest = 0;
  for (let disc = 1; disc <= of; disc += 1) {
    const label = { set: catalog.set, disc, of, catalog: { size: encoded.length, sha256: noDigest } };
    largest = Math.max(largest, discContents(catalog, encoded, label).layout.size);
  }
  return largest;
}

/** `undefined` when not even a segment fits on a disc, or there would be too many. */
function cut(objects: PlanRequest['objects'], usable: number, segSize: number): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let disc = 1;
  let used = 0;
  for (const { name, size } of objects) {
    for (let off = 0; off < size;) {
      const room = Math.floor((usable - used - segmentOverhead) / sector) * sector;
      const len = Math.min(segSize, size - off, room);
      const isRest = len < Math.min(segSize, size - off) && len < shortestPart;
      if (len <= 0 || (isRest && used > 0)) {
        if (used === 0 || disc === mostDiscs) return undefined;
        disc += 1;
        used = 0;
        continue;
      }
      segments.push({ seq: segments.length + 1, stream: name, off, len, disc, sha256: noDigest });
      if (segments.length > mostSegments) return undefined;
      used += Math.ceil(len / sector) * sector + segmentOverhead;
      off += len;
    }
  }
  return segments;
}
