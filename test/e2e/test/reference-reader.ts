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

export interface ReferenceReader {
  /** Runs it as a command that writes a new file. */
  readonly readInto: (
    output: string,
    folder: string,
    computer: string,
    version: string,
    disk?: number,
  ) => Promise<unknown>;
  /** The same by the short reader, which believes more. */
  readonly readShortly: ReferenceReader['readInto'];
  /** Calls it in this process. */
  readonly readDisk: ReadDisk;
}

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
  const command =
    (script: string): ReferenceReader['readInto'] =>
    (output, ...wanted) => {
      const [from, computer, version, disk = 0] = wanted;
      return run(process.execPath, script, from, computer, version, String(disk), output);
    };
  return {
    readInto: command(path),
    readShortly: command(short),
    readDisk: module.readDisk,
  };
}

function isReader(value: unknown): value is { readonly readDisk: ReadDisk } {
  return typeof value === 'object' && value !== null && 'readDisk' in value && typeof value.readDisk === 'function';
}
