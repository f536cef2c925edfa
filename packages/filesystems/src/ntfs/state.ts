import { ByteView } from '@sysimage/bytes';
import type { FileSystemState } from '../file-system.js';
import { data } from './attribute.js';
import { findInDirectory } from './directory.js';
import { openStream, type MasterFileTable } from './master-file-table.js';
import { readVolumeInformation } from './volume-information.js';

const logFileRecord = 2;
const rootDirectoryRecord = 5;
const cleanlyClosedFlag = 2;
const noClient = 0xffff;

export interface NtfsState {
  readonly state: FileSystemState;
  readonly stateReason: string | undefined;
}

/** Clean: no dirty flag on $Volume, $LogFile closed or emptied, and no Windows asleep in hiberfil.sys. */
export async function ntfsState(table: MasterFileTable): Promise<NtfsState> {
  // The gravest first: the dirty flag only asks for a check.
  const reason =
    ((await isHibernated(table)) && 'hibernated') ||
    ((await isLogOpen(table)) && '$LogFile needs recovery') ||
    ((await readVolumeInformation(table)).isDirty && 'dirty bit set');
  return reason === false ? { state: 'clean', stateReason: undefined } : { state: 'unclean', stateReason: reason };
}

/** Looks at the newer of the two restart pages. All FF is a log emptied on purpose, CHKD one that chkdsk went over. */
async function isLogOpen(table: MasterFileTable): Promise<boolean> {
  const log = await openStream(table, logFileRecord, data);
  if (log === undefined || log.size < 8192) return true;
  const first = await restartPage(log.read, 0);
  const pages = [first, await restartPage(log.read, first?.pageSize ?? 4096)].filter((page) => page !== undefined);
  if (pages.length === 0) {
    const start = await log.read(0, 8192);
    return !(start.every((byte) => byte === 0xff) || new ByteView(start, '$LogFile').latin1(0, 4) === 'CHKD');
  }
  const newest = pages.reduce((a, b) => (b.sequence > a.sequence ? b : a));
  return !newest.isClosed;
}

async function restartPage(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  offset: number,
): Promise<{ readonly pageSize: number; readonly sequence: bigint; readonly isClosed: boolean } | undefined> {
  const page = new ByteView(await read(offset, 512), '$LogFile restart page', offset);
  if (page.latin1(0, 4) !== 'RSTR') return undefined;
  const pageSize = page.u32le(16);
  const area = page.u16le(24);
  // Inside the first stride, so there is no update sequence to put back.
  if (![4096, 8192, 16384, 32768, 65536].includes(pageSize) || area + 16 > 510) return undefined;
  return {
    pageSize,
    sequence: page.bits64le(area),
    isClosed: page.u16le(area + 12) === noClient || (page.u16le(area + 14) & cleanlyClosedFlag) !== 0,
  };
}

/** Windows (also after "fast startup" shutdown) keeps the volume mounted inside this file, and writes it on waking. */
async function isHibernated(table: MasterFileTable): Promise<boolean> {
  const record = await findInDirectory(table, rootDirectoryRecord, 'hiberfil.sys');
  const file = record === undefined ? undefined : await openStream(table, record, data);
  if (file === undefined || file.size < 4096) return false;
  const magic = new ByteView(await file.read(0, 4), 'hiberfil.sys').latin1(0, 4);
  return magic.toUpperCase() === 'HIBR' || magic.toUpperCase() === 'RSTR';
}
