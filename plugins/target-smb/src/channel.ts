import type { Socket } from 'node:net';
import { ByteView } from '@sysimage/bytes';
import { createFrames, framePrefix } from './frames.js';
import { readHeader, type ReplyHeader } from './replies.js';
import { echoRequest, type SmbRequest } from './requests.js';
import { isSignedWith, sign } from './signing.js';
import { brokenProtocol, SmbError } from './smb-error.js';

/** Requests and replies over one socket. When it is lost, every pending and every later request rejects. */
export interface Channel {
  /** Aborts when the connection is lost, with the error as reason. */
  readonly lost: AbortSignal;
  request(request: SmbRequest): Promise<SmbReply>;
  /** The session and tree that requests belong to. */
  enter(place: { readonly sessionId?: Uint8Array; readonly treeId?: number }): void;
  /** From here on every message is signed, and an unsigned reply ends the connection. */
  secure(key: Uint8Array): void;
  /** How much a request may cost: bytes of payload. */
  costLimit(): number;
  /** Longer messages than before, or larger costs than 64 KiB, are fine now. */
  allow(limits: { readonly messageLength?: number; readonly largeCosts?: boolean }): void;
  fail(error: SmbError): void;
}

export interface SmbReply extends ReplyHeader {
  /** The whole message. */
  readonly view: ByteView;
}

export interface ChannelTimes {
  /** Milliseconds without a sign of life, with requests pending, until the server is asked for one. The same again: lost. */
  readonly silence: number;
  /** Milliseconds that any request may take, whatever else comes. */
  readonly longest: number;
}

interface Pending {
  readonly request: SmbRequest;
  readonly charge: number;
  readonly sentAt: number;
  readonly resolve: (reply: SmbReply) => void;
  readonly reject: (error: SmbError) => void;
}

const creditSize = 65_536;
const creditsWanted = 256;
const mostCredits = 8192;
/** More would only wait in queues, and make a slow line look dead. */
const mostInFlight = 4 * 2 ** 20;
const pendingStatus = 0x103;

export function createChannel(socket: Socket, times: ChannelTimes): Channel {
  const lost = new AbortController();
  const waiting: Omit<Pending, 'sentAt'>[] = [];
  const pending = new Map<bigint, Pending>();
  let credits = 1;
  let charged = 0;
  let inFlight = 0;
  let nextId = 0n;
  let key: Uint8Array | undefined;
  let sessionId: Uint8Array = new Uint8Array(8);
  let treeId = 0;
  let messageLimit = creditSize;
  let largeCosts = false;
  let timer: NodeJS.Timeout | undefined;
  let asked = false;

  function fail(error: SmbError): void {
    if (lost.signal.aborted) return;
    clearTimeout(timer);
    const all = [...pending.values(), ...waiting];
    pending.clear();
    waiting.length = 0;
    lost.abort(error);
    socket.destroy();
    for (const { reject } of all) reject(error);
  }

  function watch(): void {
    clearTimeout(timer);
    if (pending.size > 0) timer = setTimeout(silent, times.silence);
  }

  /** A server may take long over one request, but then it answers an echo meanwhile. */
  function silent(): void {
    if (asked || credits < 1) {
      fail(new SmbError({ code: 'unavailable' }, `the server does not answer for ${times.silence} ms`));
      return;
    }
    asked = true;
    dispatch({ request: echoRequest(), charge: 1, resolve: () => {}, reject: () => {} });
    watch();
  }

  /** Keeps one credit for the echo. */
  function maySend({ charge, request }: Omit<Pending, 'sentAt'>): boolean {
    if (pending.size === 0) return credits >= charge;
    return credits > charge && (inFlight === 0 || inFlight + request.cost <= mostInFlight);
  }

  function pump(): void {
    for (;;) {
      const [next] = waiting;
      if (next === undefined || !maySend(next)) break;
      waiting.shift();
      dispatch(next);
    }
    if (waiting.length > 0 && pending.size === 0) fail(brokenProtocol('it lets nothing more be sent'));
  }

  function dispatch(entry: Omit<Pending, 'sentAt'>): void {
    const { request, charge } = entry;
    const { message, payload } = request;
    if (largeCosts) message.writeUInt16LE(charge, 6);
    const window = credits + charged;
    message.writeUInt16LE(charge + Math.max(0, creditsWanted - window), 14);
    message.writeUInt32LE(key === undefined ? 0 : 0x8, 16);
    message.writeBigUInt64LE(nextId, 24);
    message.writeUInt32LE(0xfeff, 32);
    message.writeUInt32LE(treeId, 36);
    message.set(sessionId, 40);
    if (key !== undefined) sign(key, message, payload);
    if (pending.size === 0) asked = false;
    pending.set(nextId, { ...entry, sentAt: performance.now() });
    nextId += BigInt(charge);
    credits -= charge;
    charged += charge;
    inFlight += request.cost;
    if (pending.size === 1) watch();
    socket.cork();
    socket.write(framePrefix(message.length + (payload?.length ?? 0)));
    socket.write(message);
    if (payload !== undefined && payload.length > 0) socket.write(payload);
    socket.uncork();
  }

  function receive(message: Buffer): void {
    const view = new ByteView(message, 'SMB 2 reply');
    const header = readHeader(view);
    // A notice that nobody asked for, as of an oplock: we hold none.
    if (header.messageId === 0xffff_ffff_ffff_ffffn) return;
    const entry = pending.get(header.messageId);
    if (entry === undefined) throw brokenProtocol('a reply to nothing');
    if (header.command !== entry.request.command) throw brokenProtocol('a reply to another command');
    credits = Math.min(credits + header.credits, mostCredits);
    asked = false;
    // Only says that the answer takes longer; servers do not sign it.
    if (header.status === pendingStatus && header.isAsync) return;
    if (key !== undefined && !(header.isSigned && isSignedWith(key, message))) {
      throw brokenProtocol('a reply whose signature is missing or wrong');
    }
    pending.delete(header.messageId);
    charged -= entry.charge;
    inFlight -= entry.request.cost;
    entry.resolve({ ...header, view });
  }

  const frames = createFrames(() => messageLimit, brokenProtocol);
  socket.on('data', (chunk: Buffer) => {
    if (lost.signal.aborted) return;
    try {
      for (const message of frames.push(chunk)) receive(message);
    } catch (error) {
      fail(error instanceof SmbError ? error : brokenProtocol(error instanceof Error ? error.message : '', error));
      return;
    }
    const [oldest] = pending.values();
    if (oldest !== undefined && performance.now() - oldest.sentAt > times.longest) {
      fail(new SmbError({ code: 'unavailable' }, `the server left a request unanswered for ${times.longest} ms`));
      return;
    }
    watch();
    pump();
  });
  socket.on('error', (cause) => fail(new SmbError({ code: 'unavailable' }, 'the connection broke', { cause })));
  socket.on('close', () => fail(new SmbError({ code: 'unavailable' }, 'the server closed the connection')));

  return {
    lost: lost.signal,
    request: (request) =>
      new Promise((resolve, reject) => {
        if (lost.signal.aborted) {
          reject(lost.signal.reason);
          return;
        }
        const charge = largeCosts ? Math.max(1, Math.ceil(request.cost / creditSize)) : 1;
        waiting.push({ request, charge, resolve, reject });
        pump();
      }),
    enter(place) {
      sessionId = place.sessionId ?? sessionId;
      treeId = place.treeId ?? treeId;
    },
    secure(sessionKey) {
      key = sessionKey;
    },
    costLimit: () =>
      largeCosts ? creditSize * Math.max(1, Math.min(16, Math.floor((credits + charged) / 4))) : creditSize,
    allow(limits) {
      messageLimit = limits.messageLength ?? messageLimit;
      largeCosts = limits.largeCosts ?? largeCosts;
    },
    fail,
  };
}
