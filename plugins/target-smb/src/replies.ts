import { ByteView } from '@sysimage/bytes';
import type { SmbEntry } from './smb-client.js';
import { headerLength } from './requests.js';

// Everything here comes from the other end of a wire: ByteView throws `FormatError` where a number leads outside.

const flagReply = 0x1;
const flagAsync = 0x2;
const flagSigned = 0x8;

export interface ReplyHeader {
  readonly status: number;
  readonly command: number;
  readonly credits: number;
  readonly isAsync: boolean;
  readonly isSigned: boolean;
  readonly messageId: bigint;
  readonly treeId: number;
  readonly sessionId: Uint8Array;
}

/** A single reply; several in one message were never asked for. */
export function readHeader(view: ByteView): ReplyHeader {
  const magic = view.latin1(0, 4);
  if (magic !== '\u00feSMB') throw view.corrupt(magic === '\u00ffSMB' ? 'speaks SMB 1' : 'is no SMB 2 message');
  view.slice(0, headerLength);
  if (view.u16le(4) !== headerLength) throw view.corrupt('has a header of another size', 4);
  const flags = view.u32le(16);
  if ((flags & flagReply) === 0) throw view.corrupt('is no reply', 16);
  if (view.u32le(20) !== 0) throw view.corrupt('is several replies in one', 20);
  return {
    status: view.u32le(8),
    command: view.u16le(12),
    credits: view.u16le(14),
    isAsync: (flags & flagAsync) !== 0,
    isSigned: (flags & flagSigned) !== 0,
    messageId: view.bits64le(24),
    treeId: view.u32le(36),
    sessionId: view.slice(40, 8),
  };
}

function body(view: ByteView, structureSize: number): ByteView {
  const found = view.view(headerLength, view.length - headerLength, 'SMB 2 reply');
  if (found.u16le(0) !== structureSize)
    throw found.corrupt(`has structure size ${found.u16le(0)}, not ${structureSize}`);
  return found;
}

/** A buffer whose offset counts from the header. */
function buffer(view: ByteView, offset: number, length: number): Uint8Array {
  if (length === 0) return new Uint8Array(0);
  if (offset < headerLength) throw view.corrupt('has a buffer inside its header', offset);
  return view.slice(offset, length);
}

export interface NegotiateReply {
  readonly dialect: number;
  readonly capabilities: number;
  readonly maxTransact: number;
  readonly maxRead: number;
  readonly maxWrite: number;
  readonly systemTime: bigint;
}

export function readNegotiate(view: ByteView): NegotiateReply {
  const found = body(view, 65);
  return {
    dialect: found.u16le(4),
    capabilities: found.u32le(24),
    maxTransact: found.u32le(28),
    maxRead: found.u32le(32),
    maxWrite: found.u32le(36),
    systemTime: found.bits64le(40),
  };
}

export function readSessionSetup(view: ByteView): { readonly flags: number; readonly token: Uint8Array } {
  const found = body(view, 9);
  return { flags: found.u16le(2), token: buffer(view, found.u16le(4), found.u16le(6)) };
}

export function readTreeConnect(view: ByteView): { readonly type: number; readonly flags: number } {
  const found = body(view, 16);
  return { type: found.u8(2), flags: found.u32le(4) };
}

/** The handle's number. */
export function readCreate(view: ByteView): Uint8Array {
  return body(view, 89).slice(64, 16).slice();
}

export function readData(view: ByteView, atMost: number): Uint8Array {
  const found = body(view, 17);
  const length = found.u32le(4);
  if (length > atMost) throw found.corrupt(`holds ${length} bytes instead of at most ${atMost}`);
  return buffer(view, found.u8(2), length);
}

export function readWritten(view: ByteView, atMost: number): number {
  const found = body(view, 17);
  const count = found.u32le(4);
  if (count > atMost) throw found.corrupt(`says that ${count} bytes of ${atMost} were written`);
  return count;
}

/** The answer to QUERY_INFO or QUERY_DIRECTORY. */
export function readOutput(view: ByteView): ByteView {
  const found = body(view, 9);
  const bytes = buffer(view, found.u16le(2), found.u32le(4));
  return new ByteView(bytes, 'SMB 2 information');
}

const folder = 0x10;
const entryHead = 104;

/** A page of `FileIdBothDirectoryInformation`, without `.` and `..`. */
export function readEntries(page: ByteView): SmbEntry[] {
  const entries: SmbEntry[] = [];
  for (let at = 0; ;) {
    const next = page.u32le(at);
    const entry = page.view(at, next === 0 ? page.length - at : next, 'SMB 2 directory entry');
    const name = entry.slice(entryHead, entry.u32le(60));
    const text = Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('utf16le');
    const attributes = entry.u32le(56);
    const isFolder = (attributes & folder) !== 0;
    if (text !== '.' && text !== '..') {
      entries.push({
        name: text,
        kind: isFolder ? 'folder' : 'file',
        size: isFolder ? 0 : entry.u64le(40),
        written: entry.bits64le(24),
        index: entry.bits64le(96),
      });
    }
    if (next === 0) return entries;
    at += next;
  }
}

/** `FileNetworkOpenInformation`. */
export function readFacts(view: ByteView): { readonly size: number; readonly written: bigint } {
  return { written: view.bits64le(16), size: view.u64le(40) };
}

/** `FileFsFullSizeInformation`. What is too large for a number is as large as a number can be. */
export function readSpace(view: ByteView): { readonly total: number; readonly free: number } {
  const unit = BigInt(view.u32le(24)) * BigInt(view.u32le(28));
  const bytes = (units: bigint): number =>
    Number(min(BigInt.asUintN(64, units) * unit, BigInt(Number.MAX_SAFE_INTEGER)));
  const total = bytes(view.bits64le(0));
  return { total, free: Math.min(bytes(view.bits64le(8)), total) };
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
