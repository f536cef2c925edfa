import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { openDisc, readerOf, type FoundFile } from '@sysimage/disc-image';
import { catalogPaths, labelPath, systemAreaMark } from './disc-files.js';
import { readerOfHandle } from './files.js';
import {
  decodeCatalog,
  decodeLabel,
  segmentPath,
  type DiscLabel,
  type Segment,
  type SetCatalog,
} from './set-catalog.js';

/** A disc as it was found. */
export interface FoundDisc {
  readonly path: string;
  /** Differs when the file was written again. */
  readonly state?: string;
  /** Absent when not even that can be read. */
  readonly label?: DiscLabel;
  readonly catalog?: SetCatalog;
  readonly files: ReadonlyMap<string, FoundFile>;
  /** What is wrong with it. */
  readonly damage?: string;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Calls with a reader of a disc; the disc can be taken out afterwards. */
export async function withDisc<T>(path: string, calls: (read: ReadAt, size: number) => Promise<T>): Promise<T> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat();
    return await calls(readerOfHandle(handle), size);
  } finally {
    await handle.close();
  }
}

/** Looks at a disc; `undefined` when it is whole and none of ours. */
export async function inspectDisc(path: string): Promise<FoundDisc | undefined> {
  return withDisc(path, async (read, size) => {
    const marked = await orDamage(() => labelOfSystemArea(read));
    const opened = await orDamage(() => openDisc(read, size));
    const files = new Map('value' in opened ? opened.value.files.map((file) => [file.path, file] as const) : []);
    const labelFile = files.get(labelPath);
    const filed = labelFile && (await orDamage(async () => decodeLabel(await contentOf(read, labelFile))));
    const labels = [marked, filed].flatMap((found) => (found && 'value' in found ? [found.value] : []));
    const [label] = labels;
    if (label === undefined) {
      if ('value' in opened && labelFile === undefined) return undefined;
      return { path, files, damage: 'damage' in opened ? opened.damage : 'its label cannot be read' };
    }
    let damage = 'damage' in opened ? opened.damage : 'its catalog is missing';
    for (const catalogPath of catalogPaths) {
      const file = files.get(catalogPath);
      if (file === undefined) continue;
      const found = await orDamage(async () => catalogOf(await contentOf(read, file), labels));
      if ('value' in found) return { path, files, ...found.value };
      damage = found.damage;
    }
    return { path, files, label, damage };
  });
}

/** The bytes of a segment, checked. `FormatError` when the disc does not have them any more. */
export async function readSegment(disc: FoundDisc, segment: Segment): Promise<Uint8Array> {
  const file = segmentFile(disc, segment);
  const bytes = await withDisc(disc.path, (read) => contentOf(read, file));
  if (sha256(bytes) !== segment.sha256) throw new FormatError('corrupt', `segment ${segment.seq} is damaged`);
  return bytes;
}

export function segmentFile(disc: FoundDisc, segment: Segment): FoundFile {
  const file = disc.files.get(segmentPath(segment));
  if (file === undefined) throw new FormatError('corrupt', disc.damage ?? `segment ${segment.seq} is missing`);
  if (file.size !== segment.len) throw new FormatError('corrupt', `segment ${segment.seq} has another length`);
  return file;
}

function contentOf(read: ReadAt, file: FoundFile): Promise<Uint8Array> {
  return readerOf(read, file)(0, file.size);
}

async function labelOfSystemArea(read: ReadAt): Promise<DiscLabel> {
  const bytes = await read(0, 2048);
  const text = String.fromCharCode(...bytes);
  if (!text.startsWith(systemAreaMark)) throw new FormatError('unsupported', 'no label');
  const end = bytes.indexOf(10);
  return decodeLabel(bytes.subarray(systemAreaMark.length, end < 0 ? undefined : end));
}

/** The catalog, if one of the labels vouches for it. */
function catalogOf(
  bytes: Uint8Array,
  labels: readonly DiscLabel[],
): { readonly catalog: SetCatalog; readonly label: DiscLabel } {
  const digest = sha256(bytes);
  const label = labels.find(({ catalog }) => catalog.sha256 === digest);
  if (label === undefined) throw new FormatError('corrupt', 'its catalog is damaged');
  const catalog = decodeCatalog(bytes);
  if (catalog.set !== label.set || catalog.discs !== label.of) {
    throw new FormatError('corrupt', 'its catalog is of another set');
  }
  return { catalog, label };
}

type Outcome<T> = { readonly value: T } | { readonly damage: string };

async function orDamage<T>(calls: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await calls() };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return { damage: error.message };
  }
}
