import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';
import { checkedExtent, checkedName, createLimits } from './limits.js';
import type { FoundFile, OpenedDisc } from './opened-disc.js';
import { sectorSize } from './sector.js';

interface Found {
  readonly name: string;
  readonly folder: boolean;
  readonly offset: number;
  readonly length: number;
  /** The next record goes on with the same file (ECMA-119 9.1.6, bit 7). */
  readonly goesOn: boolean;
}

interface Pending {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly depth: number;
}

// ECMA-119 8: descriptors start at sector 16; more than a few are hostile.
const firstDescriptor = 16;
const lastDescriptor = 64;

/** Reads Joliet, or ISO 9660 without extensions. */
export async function readIso(read: ReadAt, size: number): Promise<OpenedDisc> {
  const { descriptor, joliet } = await findDescriptor(read);
  const limits = createLimits();
  const files: FoundFile[] = [];
  const root = recordAt(descriptor.view(156, 34, 'root record'), joliet);
  const pending: Pending[] = [{ path: '', offset: root.offset, length: root.length, depth: 0 }];
  // Grows while it is walked.
  for (const { path, offset, length, depth } of pending) {
    limits.folder(length, depth, offset);
    checkedExtent({ offset, length }, size);
    const records = recordsOf(new ByteView(await read(offset, length), 'directory', offset), joliet);
    let parts: Found[] = [];
    for (const record of records) {
      limits.entry();
      const name = checkedName(record.name, offset);
      const childPath = path === '' ? name : `${path}/${name}`;
      if (record.folder) {
        pending.push({ path: childPath, offset: record.offset, length: record.length, depth: depth + 1 });
        continue;
      }
      parts.push(record);
      if (record.goesOn) continue;
      files.push({
        path: childPath,
        size: parts.reduce((sum, part) => sum + part.length, 0),
        extents: parts
          .filter((part) => part.length > 0)
          .map((part) => checkedExtent({ offset: part.offset, length: part.length }, size)),
      });
      parts = [];
    }
    if (parts.length > 0) throw new FormatError('corrupt', 'disc: a file does not end', { offset });
  }
  const volume = joliet ? utf16(descriptor.slice(40, 32)) : descriptor.latin1(40, 32);
  return { fileSystem: joliet ? 'joliet' : 'iso9660', volume: volume.replace(/[\0 ]+$/u, ''), files };
}

async function findDescriptor(read: ReadAt): Promise<{ readonly descriptor: ByteView; readonly joliet: boolean }> {
  let primary: ByteView | undefined;
  for (let sector = firstDescriptor; sector < lastDescriptor; sector += 1) {
    const offset = sector * sectorSize;
    const descriptor = new ByteView(await read(offset, sectorSize), 'volume descriptor', offset);
    if (descriptor.latin1(1, 5) !== 'CD001') break;
    const type = descriptor.u8(0);
    if (type === 255) break;
    if (type === 1) primary ??= descriptor;
    // `%/@`, `%/C` and `%/E` are the three levels of Joliet.
    if (type === 2 && /^%\/[@CE]/u.test(descriptor.latin1(88, 3))) return { descriptor, joliet: true };
  }
  if (primary === undefined) throw new FormatError('unsupported', 'disc: neither UDF nor ISO 9660');
  return { descriptor: primary, joliet: false };
}

function recordsOf(directory: ByteView, joliet: boolean): readonly Found[] {
  const found: Found[] = [];
  let number = 0;
  for (let at = 0; at < directory.length;) {
    const length = directory.u8(at);
    if (length === 0) {
      // The rest of the sector is empty (ECMA-119 6.8.1.1).
      at = (Math.floor(at / sectorSize) + 1) * sectorSize;
      continue;
    }
    if (length < 34) throw directory.corrupt('a record is too short', at);
    // The first two are the directory itself and its parent; bit 2: an associated file.
    const record = directory.view(at, length);
    if (number > 1 && (record.u8(25) & 4) === 0) found.push(recordAt(record, joliet));
    number += 1;
    at += length;
  }
  return found;
}

// ECMA-119 9.1
function recordAt(record: ByteView, joliet: boolean): Found {
  const flags = record.u8(25);
  if (record.u8(26) !== 0 || record.u8(27) !== 0) {
    throw new FormatError('unsupported', 'disc: an interleaved file', { offset: 0 });
  }
  const id = record.slice(33, record.u8(32));
  const text = joliet ? utf16(id) : String.fromCharCode(...id);
  const folder = (flags & 2) !== 0;
  const file = text.replace(/;\d{1,5}$/u, '');
  return {
    name: folder ? text : joliet ? file : file.replace(/\.$/u, ''),
    folder,
    offset: (record.u32le(2) + record.u8(1)) * sectorSize,
    length: record.u32le(10),
    goesOn: (flags & 0x80) !== 0,
  };
}

function utf16(bytes: Uint8Array): string {
  const view = new ByteView(bytes, 'name');
  return String.fromCharCode(...Array.from({ length: bytes.length >> 1 }, (_, i) => view.u16be(2 * i)));
}
