import { createHash, createHmac } from 'node:crypto';
import { ByteView } from '@sysimage/bytes';
import { md4 } from './md4.js';
import { rc4 } from './rc4.js';
import type { SmbCredentials } from './smb-client.js';

// MS-NLMP, version 2 of the responses only. Numbers of sections are those of that document.

const signature = Buffer.from('NTLMSSP\0', 'latin1');
/** Unicode, target, sign, NTLM, always sign, extended security, target info, version, 128 bit, key exchange, 56 bit. */
const wanted = 0xe2888215;
const extendedSecurity = 0x00080000;
const keyExchange = 0x40000000;
const version = Buffer.from([10, 0, 0, 0, 0, 0, 0, 15]);
const [avEnd, avFlags, avTime, avTarget] = [0, 6, 7, 9];
const micOffset = 72;
const headLength = 88;

export const hmacMd5 = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hmac, part) => hmac.update(part), createHmac('md5', key)).digest();
const md5 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

/** The first message (2.2.1.1). */
export function ntlmNegotiate(): Buffer {
  const message = Buffer.alloc(40);
  message.set(signature);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(wanted, 12);
  message.set(version, 32);
  return message;
}

export interface NtlmChallenge {
  readonly flags: number;
  readonly challenge: Uint8Array;
  readonly targetInfo: ReadonlyMap<number, Uint8Array>;
}

/** Reads the server's message (2.2.1.2). Throws `FormatError`. */
export function readNtlmChallenge(bytes: Uint8Array): NtlmChallenge {
  const view = new ByteView(bytes, 'NTLM challenge');
  if (!signature.equals(view.slice(0, 8)) || view.u32le(8) !== 2) throw view.corrupt('is no such message');
  const info = view.view(view.u32le(44), view.u16le(40), 'NTLM target information');
  const targetInfo = new Map<number, Uint8Array>();
  for (let at = 0; at < info.length;) {
    const id = info.u16le(at);
    const length = info.u16le(at + 2);
    if (id === avEnd) break;
    targetInfo.set(id, info.slice(at + 4, length).slice());
    at += 4 + length;
  }
  return { flags: view.u32le(20), challenge: view.slice(24, 8).slice(), targetInfo };
}

/** The user's key (3.3.2, NTOWFv2). */
export function ntlmKey({ user, domain, password }: SmbCredentials): Buffer {
  return hmacMd5(md4(utf16(password)), utf16(upperCase(user) + domain));
}

/** As Windows does it: every letter stays one letter. */
function upperCase(text: string): string {
  return Array.from(text, (letter) =>
    letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter,
  ).join('');
}

export interface NtlmProof {
  readonly response: Buffer;
  readonly sessionBaseKey: Buffer;
}

/** The proof that the user's key is known (3.3.2, NTProofStr and what follows it). */
export function ntlmProof(
  key: Uint8Array,
  given: {
    readonly challenge: Uint8Array;
    readonly clientChallenge: Uint8Array;
    readonly time: Uint8Array;
    readonly targetInfo: Uint8Array;
  },
): NtlmProof {
  const { challenge, clientChallenge, time, targetInfo } = given;
  const head = Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]);
  const body = Buffer.concat([head, time, clientChallenge, Buffer.alloc(4), targetInfo, Buffer.alloc(4)]);
  const proof = hmacMd5(key, challenge, body);
  return { response: Buffer.concat([proof, body]), sessionBaseKey: hmacMd5(key, proof) };
}

export interface NtlmExchange {
  readonly negotiate: Uint8Array;
  /** The server's message as it came. */
  readonly challenge: Uint8Array;
  readonly host: string;
  /** 24 unpredictable bytes. */
  readonly random: Uint8Array;
  /** 100 ns since 1601; of use only to servers that tell no time. */
  readonly time: bigint;
}

export interface NtlmAuthentication {
  readonly message: Buffer;
  readonly sessionKey: Buffer;
}

/** The third message (2.2.1.3) and the session key that both sides have now. Throws `FormatError`. */
export function ntlmAuthenticate(credentials: SmbCredentials, exchange: NtlmExchange): NtlmAuthentication {
  const { flags, challenge, targetInfo } = readNtlmChallenge(exchange.challenge);
  const view = new ByteView(exchange.challenge, 'NTLM challenge');
  if ((flags & extendedSecurity) === 0) throw view.corrupt('the server does not know version 2 of NTLM', 20);
  const clientChallenge = exchange.random.slice(0, 8);
  const serverTime = targetInfo.get(avTime);
  const protectedByMic = serverTime?.length === 8;
  const time = Buffer.alloc(8);
  if (protectedByMic) time.set(serverTime);
  else time.writeBigUInt64LE(exchange.time);
  const key = ntlmKey(credentials);
  const { response, sessionBaseKey } = ntlmProof(key, {
    challenge,
    clientChallenge,
    time,
    targetInfo: ourTargetInfo(targetInfo, exchange.host, protectedByMic),
  });
  const exchanged = (flags & keyExchange) !== 0;
  const sessionKey = exchanged ? Buffer.from(exchange.random.slice(8, 24)) : sessionBaseKey;
  // A server that tells the time ignores the old kind of response.
  const lanManager = protectedByMic
    ? Buffer.alloc(24)
    : Buffer.concat([hmacMd5(key, challenge, clientChallenge), clientChallenge]);
  const message = layOut(flags & wanted, [
    lanManager,
    response,
    utf16(credentials.domain),
    utf16(credentials.user),
    Buffer.alloc(0),
    exchanged ? rc4(sessionBaseKey, sessionKey) : Buffer.alloc(0),
  ]);
  if (protectedByMic) message.set(hmacMd5(sessionKey, exchange.negotiate, exchange.challenge, message), micOffset);
  return { message, sessionKey };
}

function ourTargetInfo(theirs: ReadonlyMap<number, Uint8Array>, host: string, protectedByMic: boolean): Buffer {
  const pairs = new Map(theirs);
  if (protectedByMic) pairs.set(avFlags, Buffer.from([2, 0, 0, 0]));
  pairs.set(avTarget, utf16(`cifs/${host}`));
  const parts = [...pairs].map(([id, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(id);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

function layOut(flags: number, fields: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(headLength);
  head.set(signature);
  head.writeUInt32LE(3, 8);
  let at = headLength;
  for (const [i, field] of fields.entries()) {
    head.writeUInt16LE(field.length, 12 + i * 8);
    head.writeUInt16LE(field.length, 14 + i * 8);
    head.writeUInt32LE(at, 16 + i * 8);
    at += field.length;
  }
  head.writeUInt32LE(flags >>> 0, 60);
  head.set(version, 64);
  return Buffer.concat([head, ...fields]);
}

/** Signs what client and server said about mechanisms (3.4.4.2), the first message of the client's side. */
export function ntlmSeal(sessionKey: Uint8Array, data: Uint8Array): Buffer {
  const { signKey, sealKey } = ntlmKeys(sessionKey);
  const sequence = Buffer.alloc(4);
  const checksum = rc4(sealKey, hmacMd5(signKey, sequence, data).subarray(0, 8));
  return Buffer.concat([Buffer.from([1, 0, 0, 0]), checksum, sequence]);
}

/** The client's keys (3.4.5.2 and 3.4.5.3). */
export function ntlmKeys(sessionKey: Uint8Array): { readonly signKey: Buffer; readonly sealKey: Buffer } {
  const magic = (what: string): Buffer =>
    Buffer.from(`session key to client-to-server ${what} key magic constant\0`, 'latin1');
  return { signKey: md5(sessionKey, magic('signing')), sealKey: md5(sessionKey, magic('sealing')) };
}
