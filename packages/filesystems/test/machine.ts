import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isZero, type ReadAt } from '@sysimage/bytes';
import { readFileSystem, type FileSystem } from '../src/index.js';

export const mebibyte = 1024 * 1024;

/** A folder for images, and everything that must be gone when the tests are. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'filesystems-'));
  #count = 0;

  path(name: string): string {
    this.#count += 1;
    return join(this.folder, `${this.#count}-${name}`);
  }

  /** A file of zeros. */
  image(size: number, name = 'volume.img'): string {
    const path = this.path(name);
    const file = openSync(path, 'w');
    ftruncateSync(file, size);
    closeSync(file);
    return path;
  }

  /** Mounts an image, runs `use` in its root, unmounts whatever happens. */
  mounted<T>(image: string, kind: 'ext' | 'ntfs' | 'xfs' | 'btrfs', use: (root: string) => T, options = 'rw'): T {
    const root = this.path('mount');
    mkdirSync(root);
    // A copy has the same identity as its original, which XFS would not have mounted twice.
    const more = kind === 'xfs' ? ',nouuid' : '';
    if (kind !== 'ntfs') run('mount', '-o', `loop,${options}${more}`, image, root);
    else run('ntfs-3g', '-o', options, image, root);
    try {
      return use(root);
    } finally {
      waitUntil(() => spawnSync('umount', [root]).status === 0);
      // The file system process writes its last blocks after umount has come back.
      if (kind === 'ntfs') waitUntil(() => !isInSomeCommandLine(image));
    }
  }

  /** Copies only what the map says into a file of zeros. */
  strip(image: string, { allocated }: FileSystem): string {
    if (allocated === undefined) throw new Error('no map');
    const target = this.image(statSync(image).size, 'stripped.img');
    const [from, to] = [openSync(image, 'r'), openSync(target, 'r+')];
    for (const { start, end } of allocated) {
      for (let offset = start; offset < end; offset += mebibyte) {
        const piece = new Uint8Array(Math.min(mebibyte, end - offset));
        readSync(from, piece, 0, piece.length, offset);
        if (!isZero(piece)) writeSync(to, piece, 0, piece.length, offset);
      }
    }
    closeSync(from);
    closeSync(to);
    return target;
  }

  [Symbol.dispose](): void {
    for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
      const root = line.split(' ')[1] ?? '';
      if (root.startsWith(this.folder)) spawnSync('umount', ['-l', root]);
    }
    for (const line of run('losetup', '-l', '-n', '-O', 'NAME,BACK-FILE').split('\n')) {
      const [device = '', file = ''] = line.trim().split(/\s+/);
      if (file.startsWith(this.folder)) spawnSync('losetup', ['-d', device]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Overwrites bytes of an image. */
export function patch(image: string, offset: number, bytes: readonly number[]): void {
  const file = openSync(image, 'r+');
  writeSync(file, Uint8Array.from(bytes), 0, bytes.length, offset);
  closeSync(file);
}

/** What a command prints, whether it succeeds or not. */
export function said(command: string, ...parameters: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
  return stdout + stderr;
}

/** Runs a command and returns what it printed; throws with its complaints when it fails. */
export function run(command: string, ...parameters: readonly string[]): string {
  return execFileSync(command, parameters, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * mebibyte,
  });
}

/** Like `readFileSystem`, on an image file. Fails when more than 4 MiB are read at once. */
export async function readImage(path: string, size = statSync(path).size): Promise<FileSystem> {
  const file = openSync(path, 'r');
  const read: ReadAt = async (offset, length) => {
    const bytes = new Uint8Array(length);
    if (length > 4 * mebibyte || readSync(file, bytes, 0, length, offset) !== length) {
      throw new RangeError(`read ${offset}+${length}`);
    }
    return bytes;
  };
  try {
    const found = await readFileSystem(read, { size });
    if (found === undefined) throw new Error('nothing found');
    return found;
  } finally {
    closeSync(file);
  }
}

/** Some hundreds of files of many sizes in nested folders, a third of them deleted again. */
export function fill(root: string, files = 300, scale = 1): void {
  for (let i = 0; i < files; i += 1) {
    const folder = join(root, `folder ${i % 17}`, `größe ${i % 3}`);
    mkdirSync(folder, { recursive: true });
    const size = i % 10 === 0 ? 200_000 + i * 100 : i % 3 === 0 ? i : i * 37;
    writeFileSync(join(folder, `file ${i} ${'x'.repeat(i % 90)}`), randomBytes(Math.floor(size * scale)));
  }
  walk(root)
    .filter((_path, index) => index % 3 === 1)
    .forEach((path) => rmSync(path));
  // Written after the deletions: they land in the holes.
  for (let i = 0; i < files / 10; i += 1)
    writeFileSync(join(root, `late ${i}`), randomBytes(Math.floor(i * 5000 * scale)));
}

export function link(root: string): void {
  symlinkSync('x'.repeat(200), join(root, 'long link'));
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Path and digest of every file. */
export function digests(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    walk(root)
      .toSorted()
      .map((path) => {
        const bytes = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
        return [relative(root, path), createHash('sha256').update(bytes).digest('hex')];
      }),
  );
}

/** Writes a file and makes it durable, leaving the rest of the file system as it is. */
export function writeDurably(path: string, size: number): void {
  const file = openSync(path, 'w');
  writeSync(file, randomBytes(size));
  fsyncSync(file);
  closeSync(file);
}

function isInSomeCommandLine(path: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)
    .some((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(path);
      } catch {
        return false; // The process has just ended.
      }
    });
}

function waitUntil(isDone: () => boolean): void {
  for (let i = 0; !isDone(); i += 1) {
    if (i === 500) throw new Error('waited for ten seconds');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
