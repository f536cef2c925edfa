import { isFormatError } from '@sysimage/bytes';
import type { FileEntry, Files } from '@sysimage/filesystems';

/** A volume on which a system may lie. */
export interface CandidateVolume {
  /** Which of the disks. */
  readonly disk: number;
  /** Index of its partition, 0 for the whole disk. */
  readonly partition: number;
  /** Bytes of the disk. */
  readonly start: number;
  /** GUID of the partition, in upper case; in an MBR the signature of the disk and the number, as Linux spells it: `1234abcd-02`. */
  readonly partitionId: string | undefined;
  /** Name of the partition, when its table has any. */
  readonly partitionName: string | undefined;
  /** Type of the partition, as its table has it. */
  readonly type: string;
  /** Marked active in an MBR. */
  readonly active: boolean;
  /** UUID or serial number, and label, of the file system. */
  readonly id: string | undefined;
  readonly label: string | undefined;
  /** `undefined`: its files cannot be read. */
  readonly files: Files | undefined;
}

export interface CandidateDisk {
  /** GUID in upper case, or the signature of an MBR in 8 hex digits. */
  readonly id: string | undefined;
  readonly scheme: 'gpt' | 'mbr' | 'none';
}

/** Bytes read of one file of a configuration at most. */
const mostText = 1024 * 1024;
const pieceSize = 1024 * 1024;
/** Characters of what a system calls itself. */
const longestName = 256;

/** As much of what a system says of itself as anybody reads. */
export function shortened(text: string): string {
  return text.slice(0, longestName);
}

/** A file by its path; `undefined` when there is none, or when the volume is too broken to tell. */
export async function findFile(
  { files }: CandidateVolume,
  ...paths: readonly string[]
): Promise<FileEntry | undefined> {
  for (const path of paths) {
    const found = await unbroken(() => files?.find(path) ?? Promise.resolve(undefined));
    if (found?.kind === 'file') return found;
  }
  return undefined;
}

/**
 * The text of a configuration file, the first of these: UTF-8, or UTF-16 with its mark. `undefined` when it is not there, too large (`most` bytes), or
 * cannot be read.
 */
export async function readText(
  volume: CandidateVolume,
  paths: readonly string[],
  most = mostText,
): Promise<string | undefined> {
  const entry = await findFile(volume, ...paths);
  if (entry === undefined || entry.size > most) return undefined;
  const bytes = await unbroken(() => volume.files?.read(entry, 0, entry.size) ?? Promise.resolve(undefined));
  if (bytes === undefined) return undefined;
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
}

/** Reads parts of a file of any size. */
export function readerOf({ files }: CandidateVolume, entry: FileEntry) {
  return async (offset: number, length: number): Promise<Uint8Array> => {
    const whole = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const piece = await files?.read(entry, offset + at, Math.min(pieceSize, length - at));
      if (piece === undefined || piece.length === 0) break;
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  };
}

/** What is broken has no system that could be told of; other failures are the disk's. */
export async function unbroken<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
