import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '@sysimage/fixtures';

/** Gives `write` every piece of a disk of a version that lies in a folder; the result is the size of the disk. */
type ReadDisk = (
  folder: string,
  computer: string,
  version: string,
  disk: number,
  write: (at: number, bytes: Uint8Array) => void,
) => number;

/** A disk of a version that lies in a folder, and the new file that gets its bytes. */
export interface Wanted {
  readonly folder: string;
  readonly computer: string;
  readonly version: string;
  readonly disk: number;
  readonly output: string;
}

export interface ReferenceReader {
  /** Runs it as a command that writes a new file. */
  readonly readInto: (output: string, folder: string, computer: string, version: string) => Promise<unknown>;
  /** The same by the short reader, which believes more: one disk after the other in one process, because that takes longest to start. */
  readonly readShortly: (all: readonly Wanted[]) => Promise<unknown>;
  /** Writes a new file in this process. Throws when what is wanted cannot be read. */
  readonly readHere: (wanted: Wanted) => void;
  /** Calls it in this process. */
  readonly readDisk: ReadDisk;
}

const oneAfterTheOther = `const [program, script, ...all] = process.argv;
for (const [index, words] of all.entries()) {
  process.argv = [program, script, ...JSON.parse(words)];
  await import(script + '?' + index);
}`;

/** Puts the reference reader into a folder as people have it: the file from the documents, and beside it the one package that it names. */
export async function referenceReader(folder: string): Promise<ReferenceReader> {
  const path = join(folder, 'reference-reader.mjs');
  await mkdir(join(folder, 'node_modules', '@napi-rs'), { recursive: true });
  const short = join(folder, 'short-reader.mjs');
  const documents = join(import.meta.dirname, '../../../../docs/formats');
  await copyFile(join(documents, 'reference-reader.mjs'), path);
  await copyFile(join(documents, 'short-reader.mjs'), short);
  const services = createRequire(import.meta.url).resolve('@sysimage/node-services/package.json');
  const hash = dirname(createRequire(services).resolve('@napi-rs/blake-hash'));
  await symlink(hash, join(folder, 'node_modules', '@napi-rs', 'blake-hash'));
  const module: unknown = await import(pathToFileURL(path).href);
  if (!isReader(module)) throw new Error('the reference reader exports no readDisk');
  const { readDisk } = module;
  return {
    readInto: (output, from, computer, version) => run(process.execPath, path, from, computer, version, '0', output),
    readShortly(all) {
      const words = all.map((one) =>
        JSON.stringify([one.folder, one.computer, one.version, String(one.disk), one.output]),
      );
      const code = ['--input-type=module', '--eval', oneAfterTheOther];
      return run(process.execPath, ...code, pathToFileURL(short).href, ...words);
    },
    readHere(wanted) {
      const file = openSync(wanted.output, 'wx');
      try {
        const write = (at: number, bytes: Uint8Array): void => void writeSync(file, bytes, 0, bytes.length, at);
        ftruncateSync(file, readDisk(wanted.folder, wanted.computer, wanted.version, wanted.disk, write));
      } finally {
        closeSync(file);
      }
    },
    readDisk,
  };
}

function isReader(value: unknown): value is { readonly readDisk: ReadDisk } {
  return typeof value === 'object' && value !== null && 'readDisk' in value && typeof value.readDisk === 'function';
}
