import { randomBytes } from 'node:crypto';
import type { Channel, SmbReply } from './channel.js';
import { ntlmAuthenticate, ntlmNegotiate, ntlmSeal } from './ntlm.js';
import { readNegotiate, readSessionSetup, readTreeConnect, type NegotiateReply } from './replies.js';
import { negotiateRequest, sessionSetupRequest, treeConnectRequest } from './requests.js';
import { isSignedWith } from './signing.js';
import type { SmbAddress, SmbCredentials } from './smb-client.js';
import { brokenProtocol, SmbError } from './smb-error.js';
import { firstToken, lastToken, mechanisms, tokenOf } from './spnego.js';
import { statusError } from './statuses.js';

const [success, moreProcessing, accessDenied, notSupported] = [0, 0xc0000016, 0xc0000022, 0xc00000bb];
const dialects: ReadonlyMap<number, string> = new Map([
  [0x0202, '2.0.2'],
  [0x0210, '2.1'],
]);
const largeIo = 0x4;
const [guestFlag, anonymousFlag] = [1, 2];
const diskShare = 1;
const encryptedShare = 0x8000;
const smallest = 4096;

export interface Session {
  readonly dialect: string;
  /** Bytes in one request. */
  readonly maxRead: number;
  readonly maxWrite: number;
  /** Bytes in one page of a listing. */
  readonly maxPage: number;
}

/** Agrees on a dialect, logs on, enters the share. Every message after the log-on is signed, or the connection ends. */
export async function startSession(
  channel: Channel,
  address: SmbAddress,
  credentials: SmbCredentials,
): Promise<Session> {
  const negotiated = await negotiate(channel);
  await logOn(channel, address, credentials, negotiated.systemTime);
  await enterShare(channel, address);
  const large = (negotiated.capabilities & largeIo) !== 0 && negotiated.dialect === 0x0210;
  const most = large ? 2 ** 20 : 2 ** 16;
  const session = {
    dialect: dialects.get(negotiated.dialect) ?? '',
    maxRead: Math.min(most, negotiated.maxRead),
    maxWrite: Math.min(most, negotiated.maxWrite),
    maxPage: Math.min(2 ** 16, negotiated.maxTransact),
  };
  channel.allow({ messageLength: most + 4096, largeCosts: large });
  return session;
}

async function negotiate(channel: Channel): Promise<NegotiateReply> {
  const reply = await channel.request(negotiateRequest(randomBytes(16)));
  if (reply.status === notSupported) {
    throw refused(
      'the server speaks SMB 3 only; this client speaks SMB 2.0.2 and 2.1',
      'Allow SMB 2.1 on the server, or mount the share and use a dir: target.',
    );
  }
  expect(reply, success, 'negotiate');
  const negotiated = parsed(() => readNegotiate(reply.view));
  if (!dialects.has(negotiated.dialect)) throw brokenProtocol('it chose a dialect that was not offered');
  if (Math.min(negotiated.maxRead, negotiated.maxWrite, negotiated.maxTransact) < smallest)
    throw brokenProtocol('it takes no data');
  return negotiated;
}

async function logOn(
  channel: Channel,
  address: SmbAddress,
  credentials: SmbCredentials,
  systemTime: bigint,
): Promise<void> {
  const first = ntlmNegotiate();
  const challenge = await channel.request(sessionSetupRequest(firstToken(first)));
  if (challenge.status === accessDenied) throw encryptionRequired();
  expect(challenge, moreProcessing, 'log on');
  channel.enter({ sessionId: Uint8Array.from(challenge.sessionId) });
  const { message, sessionKey } = parsed(() =>
    ntlmAuthenticate(credentials, {
      negotiate: first,
      challenge: tokenOf(readSessionSetup(challenge.view).token),
      host: address.host,
      random: randomBytes(24),
      time: systemTime,
    }),
  );
  const reply = await channel.request(sessionSetupRequest(lastToken(message, ntlmSeal(sessionKey, mechanisms))));
  // What Samba and Windows say to a session that cannot encrypt; a wrong password has an answer of its own.
  if (reply.status === accessDenied) throw encryptionRequired();
  expect(reply, success, 'log on');
  const { flags } = parsed(() => readSessionSetup(reply.view));
  if ((flags & (guestFlag | anonymousFlag)) !== 0) {
    throw new SmbError(
      { code: 'credentials', remedy: 'Give the name and password of a user of the server.' },
      'the server does not know the user and would let in a guest; guests cannot sign, so anybody could change what is sent',
    );
  }
  if (reply.isSigned && !isSignedWith(sessionKey, reply.view.bytes)) throw brokenProtocol('a wrong signature');
  channel.secure(sessionKey);
}

async function enterShare(channel: Channel, { host, share }: SmbAddress): Promise<void> {
  const reply = await channel.request(treeConnectRequest(`\\\\${host}\\${share}`));
  if (reply.status === accessDenied) {
    throw new SmbError(
      {
        code: 'denied',
        remedy: 'Let the user enter the share. If it demands encryption (SMB 3): mount it and use a dir: target.',
      },
      `the server does not let the user enter the share "${share}"`,
    );
  }
  expect(reply, success, 'enter the share');
  const { type, flags } = parsed(() => readTreeConnect(reply.view));
  if (type !== diskShare) throw refused(`"${share}" holds no files`, 'Name a share of a disk.');
  if ((flags & encryptedShare) !== 0) throw encryptionRequired();
  channel.enter({ treeId: reply.treeId });
}

function encryptionRequired(): SmbError {
  return refused(
    'the server demands encryption, which came with SMB 3; this client speaks SMB 2.1',
    'Do without the demand on the server, or mount the share and use a dir: target.',
  );
}

function refused(message: string, remedy: string): SmbError {
  return new SmbError({ code: 'unsupported', remedy }, message);
}

function expect(reply: SmbReply, status: number, what: string): void {
  if (reply.status === status) return;
  if (reply.status === success || reply.status === moreProcessing) throw brokenProtocol(`an answer out of turn`);
  throw statusError(reply.status, what);
}

/** What a reader throws was the server's doing. */
export function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SmbError ? error : brokenProtocol(error instanceof Error ? error.message : '', error);
  }
}
