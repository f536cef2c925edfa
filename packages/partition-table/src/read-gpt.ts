import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { hasGptSignature, readGptCopy, type GptCopy } from './gpt-header.js';
import type { DiskShape, TableProblem } from './partition-table.js';

/** Both copies of a GPT as far as they are good; `main` is the one to believe. */
export interface Gpt {
  readonly main: GptCopy;
  readonly primary: GptCopy | undefined;
  readonly backup: GptCopy | undefined;
  /** Where the backup header is, or should be. */
  readonly backupSector: number;
  readonly problems: readonly TableProblem[];
}

/** Reads both copies. Throws `FormatError` `corrupt` when neither is good. */
export async function readGpt(device: ReadAt, disk: DiskShape): Promise<Gpt> {
  const { read, attempt } = tellApart(device);
  const { sectorSize } = disk;
  const lastSector = Math.floor(disk.size / sectorSize) - 1;
  const problems: TableProblem[] = [];
  const primary = await attempt(readGptCopy(read, disk, 1));
  // A disk that grew has its backup where the primary says. A broken primary is asked too: the copy has its own CRC.
  const hint = await alternateOf(read, disk);
  const places = [...new Set([hint, lastSector])].filter((sector) => sector > 1 && sector <= lastSector);
  let backup: GptCopy | FormatError = new FormatError('corrupt', 'GPT header: no place on the disk');
  let backupSector = lastSector;
  for (const sector of places) {
    backup = await attempt(readGptCopy(read, disk, sector));
    backupSector = sector;
    if (!isFormatError(backup)) break;
  }

  if (isFormatError(primary) && isFormatError(backup)) {
    throw new FormatError(
      'corrupt',
      `both copies of the GPT are broken: first ${primary.message}, then ${backup.message}${await otherSectorSize(read, disk)}`,
      { offset: sectorSize },
    );
  }
  if (isFormatError(primary)) {
    problems.push({ code: 'gpt-primary-broken', message: `primary ${primary.message}`, offset: sectorSize });
  }
  if (isFormatError(backup)) {
    problems.push({
      code: 'gpt-backup-broken',
      message: `backup ${backup.message}`,
      offset: backupSector * sectorSize,
    });
  } else if (backupSector !== lastSector) {
    const message = `the backup GPT is at sector ${backupSector}, the disk ends with sector ${lastSector}`;
    problems.push({ code: 'gpt-backup-not-at-end', message, offset: backupSector * sectorSize });
  }
  const good = { primary: valid(primary), backup: valid(backup) };
  if (good.primary !== undefined && good.backup !== undefined && !agree(good.primary, good.backup)) {
    const message = 'the two copies of the GPT differ; the primary one is used';
    problems.push({ code: 'gpt-copies-differ', message, offset: backupSector * sectorSize });
  }
  const main = good.primary ?? good.backup;
  if (main === undefined) throw new FormatError('corrupt', 'no GPT');
  return { main, ...good, backupSector, problems };
}

/**
 * A copy that breaks the rules becomes a value; errors of the device pass through. A device may itself be an image that
 * rejects with a `FormatError`, so its errors are remembered.
 */
function tellApart(device: ReadAt) {
  const deviceErrors = new WeakSet<object>();
  const read: ReadAt = async (offset, length) => {
    try {
      return await device(offset, length);
    } catch (error) {
      if (typeof error === 'object' && error !== null) deviceErrors.add(error);
      throw error;
    }
  };
  const attempt = async (reading: Promise<GptCopy>): Promise<GptCopy | FormatError> => {
    try {
      return await reading;
    } catch (error) {
      if (isFormatError(error) && !deviceErrors.has(error)) return error;
      throw error;
    }
  };
  return { read, attempt };
}

function valid(copy: GptCopy | FormatError): GptCopy | undefined {
  return isFormatError(copy) ? undefined : copy;
}

async function alternateOf(read: ReadAt, disk: DiskShape): Promise<number> {
  if (disk.size < 2 * disk.sectorSize) return 0;
  const view = new ByteView(await read(disk.sectorSize, disk.sectorSize), 'GPT header', disk.sectorSize);
  const sector = hasGptSignature(view) ? Number(view.bits64le(32)) : 0;
  return Number.isSafeInteger(sector) ? sector : 0;
}

function agree(a: GptCopy, b: GptCopy): boolean {
  return (
    a.diskId === b.diskId &&
    a.firstUsableSector === b.firstUsableSector &&
    a.lastUsableSector === b.lastUsableSector &&
    a.alternateSector === b.headerSector &&
    b.alternateSector === a.headerSector &&
    a.entryCount === b.entryCount &&
    a.entrySize === b.entrySize &&
    a.array.every((byte, index) => byte === b.array[index])
  );
}

/** An image of a disk with other sectors is the usual reason for finding no header at sector 1: say so. */
async function otherSectorSize(read: ReadAt, disk: DiskShape): Promise<string> {
  for (const sectorSize of [512, 4096]) {
    if (sectorSize === disk.sectorSize || disk.size < sectorSize * 2) continue;
    const view = new ByteView(await read(sectorSize, 512), 'GPT header', sectorSize);
    if (hasGptSignature(view)) return `; there is a header for sectors of ${sectorSize} bytes`;
  }
  return '';
}
