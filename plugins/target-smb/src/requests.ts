import Smb2Message from 'smb2/lib/tools/smb2-message.js';
import type { SmbAccess, SmbHandle, SmbOpen } from './smb-client.js';

// MS-SMB2 2.2. The header is filled in when a request is sent.

export const headerLength = 64;

export const commands = {
  negotiate: 0,
  sessionSetup: 1,
  logoff: 2,
  treeConnect: 3,
  create: 5,
  close: 6,
  flush: 7,
  read: 8,
  write: 9,
  echo: 13,
  queryDirectory: 14,
  queryInfo: 16,
  setInfo: 17,
} as const;

export interface SmbRequest {
  readonly command: number;
  /** Header and body, without the payload. */
  readonly message: Buffer;
  /** Bytes that follow, not copied. */
  readonly payload?: Uint8Array;
  /** Bytes of payload, theirs or ours: what the request costs. */
  readonly cost: number;
}

/** By a template of smb2. Its buffers hold less than 64 KiB, which is enough for all but data. */
function templated(name: string, command: number, fields: Readonly<Record<string, number | Buffer>>): SmbRequest {
  const message = new Smb2Message({ headers: { Command: name }, request: fields }).getBuffer({ messageId: 0 });
  return { command, message, cost: 0 };
}

/** For what smb2 has no template, or none for more than 64 KiB and 53 bits. */
function bare(command: number, bodyLength: number, structureSize: number): Buffer {
  const message = Buffer.alloc(headerLength + bodyLength);
  message.write('\u00feSMB', 'latin1');
  message.writeUInt16LE(headerLength, 4);
  message.writeUInt16LE(command, 12);
  message.writeUInt16LE(structureSize, headerLength);
  return message;
}

const signingRequired = 2;

export function negotiateRequest(clientGuid: Uint8Array): SmbRequest {
  return templated('NEGOTIATE', commands.negotiate, {
    SecurityMode: signingRequired,
    ClientGuid: Buffer.from(clientGuid),
    ClientStartTime: Buffer.alloc(8),
  });
}

export function sessionSetupRequest(token: Buffer): SmbRequest {
  return templated('SESSION_SETUP', commands.sessionSetup, {
    SecurityMode: signingRequired,
    PreviousSessionId: Buffer.alloc(8),
    Buffer: token,
  });
}

export function treeConnectRequest(share: string): SmbRequest {
  return templated('TREE_CONNECT', commands.treeConnect, { Buffer: Buffer.from(share, 'utf16le') });
}

const accessBits: Readonly<Record<SmbAccess, number>> = { read: 0x1, write: 0x106, delete: 0x1_0000 };
const attributesAndWaiting = 0x10_0080;
const shareBits: Readonly<Record<SmbAccess, number>> = { read: 1, write: 2, delete: 4 };
const dispositions = { open: 1, create: 2 };
const kindOptions = { file: 0x40, folder: 0x1 };
const normalFile = 0x80;

export function createRequest(path: string, { kind, access, share, create }: SmbOpen): SmbRequest {
  const name = Buffer.from(path.replaceAll('/', '\\'), 'utf16le');
  return templated('CREATE', commands.create, {
    SmbCreateFlags: Buffer.alloc(8),
    Reserved: Buffer.alloc(8),
    DesiredAccess: access.reduce((bits, each) => bits | accessBits[each], attributesAndWaiting),
    FileAttributes: kind === 'file' ? normalFile : 0,
    ShareAccess: share.reduce((bits, each) => bits | shareBits[each], 0),
    CreateDisposition: create === true ? dispositions.create : dispositions.open,
    CreateOptions: kindOptions[kind],
    NameOffset: headerLength + 56,
    Buffer: name,
    Reserved2: 0,
  });
}

const fileId = (handle: SmbHandle): Buffer => Buffer.from(handle.id);

export function closeRequest(handle: SmbHandle): SmbRequest {
  return templated('CLOSE', commands.close, { FileId: fileId(handle) });
}

/** The next page of `FileIdBothDirectoryInformation`. */
export function listRequest(handle: SmbHandle, length: number): SmbRequest {
  return templated('QUERY_DIRECTORY', commands.queryDirectory, {
    FileId: fileId(handle),
    OutputBufferLength: length,
    Buffer: Buffer.from('*', 'utf16le'),
  });
}

const fileClasses = { rename: 10, disposition: 13, endOfFile: 20 };

function setInfo(handle: SmbHandle, fileClass: number, value: Buffer): SmbRequest {
  return templated('SET_INFO', commands.setInfo, { FileInfoClass: fileClass, FileId: fileId(handle), Buffer: value });
}

export function renameRequest(handle: SmbHandle, path: string, replace: boolean): SmbRequest {
  const name = Buffer.from(path.replaceAll('/', '\\'), 'utf16le');
  // Never shorter than the structure with its padding: Windows refuses that.
  const value = Buffer.alloc(Math.max(24, 20 + name.length));
  value.writeUInt8(replace ? 1 : 0);
  value.writeUInt32LE(name.length, 16);
  value.set(name, 20);
  return setInfo(handle, fileClasses.rename, value);
}

export function removeOnCloseRequest(handle: SmbHandle, wanted: boolean): SmbRequest {
  return setInfo(handle, fileClasses.disposition, Buffer.from([wanted ? 1 : 0]));
}

export function endOfFileRequest(handle: SmbHandle, size: number): SmbRequest {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(BigInt(size));
  return setInfo(handle, fileClasses.endOfFile, value);
}

export function flushRequest(handle: SmbHandle): SmbRequest {
  const message = bare(commands.flush, 24, 24);
  message.set(handle.id, headerLength + 8);
  return { command: commands.flush, message, cost: 0 };
}

export function readRequest(handle: SmbHandle, offset: number, length: number): SmbRequest {
  const message = bare(commands.read, 49, 49);
  message.writeUInt8(headerLength + 16, headerLength + 2);
  message.writeUInt32LE(length, headerLength + 4);
  message.writeBigUInt64LE(BigInt(offset), headerLength + 8);
  message.set(handle.id, headerLength + 16);
  return { command: commands.read, message, cost: length };
}

export function writeRequest(handle: SmbHandle, offset: number, payload: Uint8Array): SmbRequest {
  const message = bare(commands.write, 48, 49);
  message.writeUInt16LE(headerLength + 48, headerLength + 2);
  message.writeUInt32LE(payload.length, headerLength + 4);
  message.writeBigUInt64LE(BigInt(offset), headerLength + 8);
  message.set(handle.id, headerLength + 16);
  return { command: commands.write, message, payload, cost: payload.length };
}

/** What is asked of a handle: [type, class, bytes of the answer]. */
export const questions = {
  /** `FileInternalInformation`: the index. */
  index: [1, 6, 8],
  /** `FileNetworkOpenInformation`: times, sizes, attributes. */
  facts: [1, 34, 56],
  /** `FileFsFullSizeInformation`. */
  space: [2, 7, 32],
} as const;

export function queryRequest(
  handle: SmbHandle,
  [type, fileClass, length]: (typeof questions)[keyof typeof questions],
): SmbRequest {
  const message = bare(commands.queryInfo, 40, 41);
  message.writeUInt8(type, headerLength + 2);
  message.writeUInt8(fileClass, headerLength + 3);
  message.writeUInt32LE(length, headerLength + 4);
  message.set(handle.id, headerLength + 24);
  return { command: commands.queryInfo, message, cost: 0 };
}

export function echoRequest(): SmbRequest {
  return { command: commands.echo, message: bare(commands.echo, 4, 4), cost: 0 };
}

export function logoffRequest(): SmbRequest {
  return { command: commands.logoff, message: bare(commands.logoff, 4, 4), cost: 0 };
}
