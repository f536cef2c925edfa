import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFormatError } from '@sysimage/bytes';
import { throwIfCancelled, SysimageError, type CallOptions, type Host } from '@sysimage/core/plugin';
import { writeFully } from '@sysimage/node-files';
import { inspectDisc, readSegment, sha256, withDisc } from './disc.js';
import { discContents } from './disc-files.js';
import { fileMode, syncFolder } from './files.js';
import { planSet } from './plan-set.js';
import { discLabel, encodeCatalog, type DiscLabel, type Segment, type SetCatalog } from './set-catalog.js';
import { commitMark, unfinishedSet, type Stage } from './stage.js';
import { errnoOf, system } from './system-errors.js';

export interface SetRequest {
  readonly folder: string;
  readonly capacity: number;
  readonly label: string;
  readonly stage: Stage;
}

/**
 * 1. plan the discs, and hash every segment, so that each disc can carry the whole catalog; 2. write each image into the stage,
 * flush it, and read it back; 3. name the set in the
 * stage, so that readers here know that it is not finished while its last image lies there; 4. move the discs
 * into the folder, the last one last: with it the set is complete.
 */
export async function writeSet(request: SetRequest, host: Host, options: CallOptions | undefined): Promise<SetCatalog> {
  const { folder, capacity, label, stage } = request;
  const objects = stage.objects();
  const planned = planSet({ objects, capacity, label, set: newId(host), written: host.now() });
  const paths = new Map(objects.map(({ name, path }) => [name, path]));
  const pathOf = ({ stream }: Segment): string => paths.get(stream) ?? '';
  const segments: Segment[] = [];
  for (const segment of planned.segments) {
    throwIfCancelled('commit', options);
    const hash = createHash('sha256');
    for await (const chunk of partOf(pathOf(segment), segment)) hash.update(chunk);
    segments.push({ ...segment, sha256: hash.digest('hex') });
  }
  const catalog = { ...planned, segments };
  const encoded = encodeCatalog(catalog);
  const vouched = { size: encoded.length, sha256: sha256(encoded) };
  const images: string[] = [];
  for (let disc = 1; disc <= catalog.discs; disc += 1) {
    const image = join(stage.path, `disc-${disc}`);
    const discLabelled: DiscLabel = { set: catalog.set, disc, of: catalog.discs, catalog: vouched };
    const contents = discContents(catalog, encoded, discLabelled);
    await writeImage(image, contents, pathOf, options);
    await verifyImage(image, discLabelled, [...contents.segments.values()], options);
    images.push(image);
  }
  throwIfCancelled('commit', options);
  await system('commit', folder, async () => {
    const mark = join(stage.path, commitMark);
    await writeFile(mark, `${catalog.set} disc-${catalog.discs}\n`, { mode: fileMode, flush: true });
    await syncFolder(stage.path);
    await moveAll(images, folder);
  });
  return catalog;
}

/** Takes away the discs that a commit which was cut in this stage had moved into the folder: no last one will follow. */
export async function undoCutCommit(stage: string, folder: string): Promise<void> {
  const set = await unfinishedSet(stage);
  if (set === undefined) return;
  const discs: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const label = discFile.test(name) ? (await inspectDisc(path))?.label : undefined;
    if (label?.set !== set) continue;
    // Cut between the two names of the last disc: it is there, and so is all of the set.
    if (label.disc === label.of) return;
    discs.push(path);
  }
  for (const path of discs) await rm(path, { force: true });
  await syncFolder(folder);
}

async function writeImage(
  image: string,
  { layout, small, segments }: ReturnType<typeof discContents>,
  pathOf: (segment: Segment) => string,
  options: CallOptions | undefined,
): Promise<void> {
  await system('commit', image, async () => {
    // Left by a commit that failed.
    await rm(image, { force: true });
    const handle = await open(image, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, fileMode);
    try {
      let at = 0;
      const chunks = layout.bytes(async function* contentOf({ path }) {
        const segment = segments.get(path);
        if (segment === undefined) yield small.get(path) ?? new Uint8Array();
        else yield* partOf(pathOf(segment), segment);
      });
      for await (const chunk of chunks) {
        throwIfCancelled('commit', options);
        await writeFully(handle, chunk, at);
        at += chunk.byteLength;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Reads everything back, as a restore will. */
async function verifyImage(
  image: string,
  label: DiscLabel,
  segments: readonly Segment[],
  options: CallOptions | undefined,
): Promise<void> {
  const name = discLabel(label.set, label.disc);
  try {
    const disc = await inspectDisc(image);
    if (disc?.catalog === undefined) throw unverified(name, disc?.damage ?? 'it is no disc of a set');
    for (const segment of segments) {
      throwIfCancelled('commit', options);
      await readSegment(disc, segment);
    }
  } catch (error) {
    throw isFormatError(error) ? unverified(name, error.message) : error;
  }
}

function unverified(name: string, why: string): SysimageError {
  return new SysimageError('corrupt', `The disc ${name} was written, and reads back otherwise: ${why}`, {
    operation: 'commit',
    context: { disc: name },
  });
}

async function* partOf(path: string, { off, len }: Segment): AsyncIterable<Uint8Array> {
  const chunk = 2 ** 20;
  // The stage is no medium that may have lost bytes: an object that is too short there is a fault, and found by the layout.
  const read = (at: number): Promise<Uint8Array> =>
    withDisc(path, (readAt) => readAt(off + at, Math.min(chunk, len - at)));
  for (let at = 0; at < len; at += chunk) yield await read(at);
}

const discFile = /^disc-(\d{4,9})\.iso$/iu;

async function moveAll(images: readonly string[], folder: string): Promise<void> {
  const moved: string[] = [];
  try {
    let number = 1 + Math.max(0, ...(await readdir(folder)).map((name) => Number(discFile.exec(name)?.[1] ?? 0)));
    for (const [i, image] of images.entries()) {
      // What makes the set complete comes after all the rest is durable.
      if (i === images.length - 1) await syncFolder(folder);
      for (;;) {
        const path = join(folder, `disc-${String(number).padStart(4, '0')}.iso`);
        number += 1;
        if (!(await moveUnlessThere(image, path))) continue;
        moved.push(path);
        break;
      }
    }
    await syncFolder(folder);
  } catch (error) {
    for (const path of moved) await unlink(path).catch(() => {});
    await syncFolder(folder).catch(() => {});
    throw error;
  }
}

/** A rename would replace a disc that another process put there meanwhile; a link never does. */
async function moveUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') return false;
    // FAT has no links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errno)) throw error;
    if ((await lstat(to).catch(() => undefined)) !== undefined) return false;
    await rename(from, to);
    return true;
  }
  await unlink(from);
  return true;
}

/** A random UUID (RFC 4122 4.4). */
function newId(host: Host): string {
  const bytes = Buffer.from(host.random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}
