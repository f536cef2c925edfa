import { isFormatError } from '@sysimage/bytes';
import { readerOf } from '@sysimage/disc-image';
import {
  throwIfCancelled,
  SysimageError,
  type CallOptions,
  type Extent,
  type GetOptions,
  type Host,
  type Media,
  type MediaPiece,
  type ObjectName,
} from '@sysimage/core/plugin';
import { readSegment, segmentFile, withDisc, type FoundDisc } from './disc.js';
import { discLabel, type Segment } from './set-catalog.js';
import { findObject, type DiscSet, type FoundObject, type Shelf } from './shelf.js';
import { system } from './system-errors.js';

const chunkSize = 2 ** 20;
/** How often a person is asked for the same disc. */
const mostRequests = 3;

/** A disc that a call cannot do without. */
export interface MissingDisc {
  readonly label: string;
  readonly reason: string;
}

export type Attempt<T> = { readonly value: T } | { readonly missing: MissingDisc };

/** Tries, and asks for the disc that is missing, if a person may be asked; otherwise `media-required` with its label. */
export async function withMedia<T>(
  look: () => Promise<Shelf>,
  host: Host,
  options: CallOptions | undefined,
  attempt: (shelf: Shelf) => Attempt<T>,
): Promise<T> {
  for (let requests = 0; ; requests += 1) {
    const shelf = await look();
    const outcome = attempt(shelf);
    if ('value' in outcome) return outcome.value;
    const { label, reason } = outcome.missing;
    if (options?.prompt !== 'allowed' || requests === mostRequests) {
      const damaged = shelf.strays.map(({ path }) => path).join(', ');
      throw new SysimageError('media-required', `The disc ${label} is needed: ${reason}`, {
        context: { disc: label, ...(damaged === '' ? {} : { damaged }) },
        remedy: `Put the disc ${label} into the folder${damaged === '' ? '' : `. Damaged, perhaps the one: ${damaged}`}`,
      });
    }
    await host.requestMedium({ label, reason });
    throwIfCancelled('get', options);
  }
}

/** Why a set whose last disc is not there cannot be used. */
export function lastDiscOf({ catalog }: DiscSet): MissingDisc {
  return {
    label: discLabel(catalog.set, catalog.discs),
    reason: `only the last disc of the set "${catalog.label}" tells that it is complete`,
  };
}

export interface ObjectReader {
  get(name: ObjectName, range: Extent, options?: GetOptions): AsyncIterable<Uint8Array>;
  readonly media: Media;
}

export function createObjectReader(look: () => Promise<Shelf>, host: Host): ObjectReader {
  /** Segments whose digest was right, by disc and its place. */
  const checked = new Set<string>();

  function objectNamed(name: ObjectName, options: GetOptions | undefined): Promise<FoundObject> {
    return withMedia(look, host, options, (shelf) => {
      const found = findObject(shelf, name);
      if (found !== undefined && !found.set.complete) return { missing: lastDiscOf(found.set) };
      if (found === undefined || (options?.state !== undefined && options.state !== found.stat.state)) {
        throw notThere(shelf, name);
      }
      return { value: found };
    });
  }

  async function bytesOf(segment: Segment, copies: readonly FoundDisc[], part: Extent): Promise<Uint8Array> {
    let failure: unknown;
    for (const disc of copies) {
      try {
        return await system('get', segment.stream, () => partOfSegment(disc, segment, part));
      } catch (error) {
        if (!isFormatError(error)) throw error;
        failure = new SysimageError('corrupt', `The disc in ${disc.path} has lost bytes: ${error.message}`, {
          operation: 'get',
          context: { name: segment.stream, disc: labelOf(disc), path: disc.path },
          cause: error,
        });
      }
    }
    throw failure;
  }

  async function partOfSegment(disc: FoundDisc, segment: Segment, { start, end }: Extent): Promise<Uint8Array> {
    const file = segmentFile(disc, segment);
    const key = `${disc.label?.set ?? ''} ${segment.seq} ${disc.state ?? ''} ${disc.path}`;
    if (checked.has(key)) return withDisc(disc.path, (read) => readerOf(read, file)(start, end - start));
    const bytes = await readSegment(disc, segment);
    checked.add(key);
    return bytes.subarray(start, end);
  }

  return {
    async *get(name, range, options) {
      throwIfCancelled('get', options);
      const { stat, set } = await objectNamed(name, options);
      if (range.end > stat.size) {
        throw new SysimageError('corrupt', `"${name}" ends at ${stat.size}, before ${range.end}`, {
          operation: 'get',
          context: { name, offset: stat.size },
        });
      }
      for (const segment of overlapping(set, name, range)) {
        throwIfCancelled('get', options);
        // Taken out and put in between two segments is what a changer does.
        const copies = await withMedia(look, host, options, (shelf) => copiesOf(shelf, set, segment));
        const from = Math.max(range.start, segment.off) - segment.off;
        const to = Math.min(range.end, segment.off + segment.len) - segment.off;
        const bytes = await bytesOf(segment, copies, { start: from, end: to });
        for (let at = 0; at < bytes.length; at += chunkSize) {
          throwIfCancelled('get', options);
          yield bytes.subarray(at, at + chunkSize);
        }
      }
    },
    media: {
      async locate(name, ranges, options) {
        throwIfCancelled('locate', options);
        const { set } = await objectNamed(name, options);
        const pieces = new Map<string, Extent[]>();
        for (const range of ranges) {
          for (const segment of overlapping(set, name, range)) {
            const label = discLabel(set.catalog.set, segment.disc);
            const part = {
              start: Math.max(range.start, segment.off),
              end: Math.min(range.end, segment.off + segment.len),
            };
            pieces.set(label, [...(pieces.get(label) ?? []), part]);
          }
        }
        return [...pieces].map(([label, parts]): MediaPiece => ({ piece: label, label, ranges: parts }));
      },
    },
  };
}

function overlapping({ catalog }: DiscSet, name: ObjectName, { start, end }: Extent): readonly Segment[] {
  return catalog.segments.filter(({ stream, off, len }) => stream === name && off < end && off + len > start);
}

function copiesOf(shelf: Shelf, { catalog }: DiscSet, segment: Segment): Attempt<readonly FoundDisc[]> {
  const now = shelf.sets.find((set) => set.catalog.set === catalog.set);
  const copies = now?.discs.get(segment.disc);
  if (copies !== undefined) return { value: copies };
  const label = discLabel(catalog.set, segment.disc);
  return { missing: { label, reason: `disc ${segment.disc} of ${catalog.discs} holds bytes of "${segment.stream}"` } };
}

function labelOf({ label }: FoundDisc): string | undefined {
  return label && discLabel(label.set, label.disc);
}

/** A damaged disc that nothing is known of may be the one that held the object: then nobody can say that there is none. */
function notThere({ strays: [stray] }: Shelf, name: ObjectName): SysimageError {
  const context = { name, ...(stray === undefined ? {} : { path: stray.path, disc: labelOf(stray) }) };
  return stray === undefined
    ? new SysimageError('not-found', `There is no object "${name}"`, { operation: 'get', context })
    : new SysimageError(
        'corrupt',
        `"${name}" is on no disc that can be read, and ${stray.path} cannot be read: ${stray.damage ?? ''}`,
        { operation: 'get', context },
      );
}
