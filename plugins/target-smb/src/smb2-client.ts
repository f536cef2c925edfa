import { connect, type Socket } from 'node:net';
import { createChannel, type Channel, type ChannelTimes, type SmbReply } from './channel.js';
import { readCreate, readData, readEntries, readFacts, readOutput, readSpace, readWritten } from './replies.js';
import * as requests from './requests.js';
import { parsed, startSession, type Session } from './session.js';
import type { SmbAddress, SmbClient, SmbCredentials, SmbHandle } from './smb-client.js';
import { brokenProtocol, SmbError } from './smb-error.js';
import { endOfFile, noMoreFiles, sessionGone, statusError } from './statuses.js';

export interface Smb2Times extends ChannelTimes {
  /** Milliseconds until there must be a connection. */
  readonly connect: number;
}

const defaultTimes: Smb2Times = { connect: 10_000, silence: 15_000, longest: 300_000 };
const goodbye = 2000;

/** A client for SMB 2.0.2 and 2.1, signed, with messages laid out by the package smb2. */
export async function connectSmb2(
  address: SmbAddress,
  credentials: SmbCredentials,
  times: Smb2Times = defaultTimes,
): Promise<SmbClient> {
  const socket = await openSocket(address, times.connect);
  const channel = createChannel(socket, times);
  try {
    return createClient(channel, socket, await startSession(channel, address, credentials));
  } catch (error) {
    channel.fail(new SmbError({ code: 'unavailable' }, 'the connection was given up'));
    throw error;
  }
}

function openSocket({ host, port }: SmbAddress, limit: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    const late = setTimeout(() => socket.destroy(new Error(`no connection within ${limit} ms`)), limit);
    socket.once('error', (cause) => {
      clearTimeout(late);
      reject(new SmbError({ code: 'unavailable' }, `${host} cannot be reached: ${cause.message}`, { cause }));
    });
    socket.once('connect', () => {
      clearTimeout(late);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function createClient(channel: Channel, socket: Socket, session: Session): SmbClient {
  const { localAddress = '', remoteAddress = '' } = socket;

  /** `fine`: answers besides success that are no failure. */
  async function ask(what: string, request: requests.SmbRequest, fine?: ReadonlySet<number>): Promise<SmbReply> {
    const reply = await channel.request(request);
    if (reply.status === 0 || fine?.has(reply.status) === true) return reply;
    const error = statusError(reply.status, what);
    if (sessionGone.has(reply.status)) {
      channel.fail(new SmbError({ code: 'unavailable' }, `the session ended: ${error.message}`));
    }
    throw error;
  }

  /** What a well-behaved server never sends ends the connection. */
  function read<T>(reader: () => T): T {
    try {
      return parsed(reader);
    } catch (error) {
      if (error instanceof SmbError) channel.fail(error);
      throw error;
    }
  }

  async function readPart(handle: SmbHandle, offset: number, into: Uint8Array): Promise<number> {
    for (let at = 0; at < into.length;) {
      const wanted = into.length - at;
      const reply = await ask('read', requests.readRequest(handle, offset + at, wanted), endOfFile);
      if (endOfFile.has(reply.status)) return at;
      const bytes = read(() => readData(reply.view, wanted));
      if (bytes.length === 0) return at;
      into.set(bytes, at);
      at += bytes.length;
    }
    return into.length;
  }

  async function writePart(handle: SmbHandle, offset: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at);
      const reply = await ask('write', requests.writeRequest(handle, offset + at, part));
      const written = read(() => readWritten(reply.view, part.length));
      if (written === 0) throw statusError(0xc000007f, 'write');
      at += written;
    }
  }

  /** Many requests at once: what is in flight is bounded below. All are settled at the end, so the bytes are free. */
  async function inParts<T>(
    length: number,
    most: number,
    part: (from: number, to: number) => Promise<T>,
  ): Promise<T[]> {
    const step = Math.min(most, channel.costLimit());
    const parts: Promise<T>[] = [];
    for (let at = 0; at < length; at += step) parts.push(part(at, Math.min(at + step, length)));
    const settled = await Promise.allSettled(parts);
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
  }

  return {
    facts: { dialect: session.dialect, transport: 'signed', localAddress, remoteAddress },
    lost: channel.lost,
    async open(path, options) {
      const reply = await ask('open', requests.createRequest(path, options));
      return { path, id: read(() => readCreate(reply.view)) };
    },
    async read(handle, offset, into) {
      const parts = await inParts(into.length, session.maxRead, async (from, to) => ({
        wanted: to - from,
        got: await readPart(handle, offset + from, into.subarray(from, to)),
      }));
      let total = 0;
      for (const { wanted, got } of parts) {
        total += got;
        if (got < wanted) break;
      }
      return total;
    },
    async write(handle, offset, bytes) {
      await inParts(bytes.length, session.maxWrite, (from, to) =>
        writePart(handle, offset + from, bytes.subarray(from, to)),
      );
    },
    async flush(handle) {
      await ask('flush', requests.flushRequest(handle));
    },
    async setEndOfFile(handle, size) {
      await ask('set the size', requests.endOfFileRequest(handle, size));
    },
    async rename(handle, path, { replace }) {
      await ask('rename', requests.renameRequest(handle, path, replace));
    },
    async removeOnClose(handle, wanted) {
      await ask('remove', requests.removeOnCloseRequest(handle, wanted));
    },
    async *list(handle) {
      for (;;) {
        const reply = await ask('list', requests.listRequest(handle, session.maxPage), noMoreFiles);
        if (noMoreFiles.has(reply.status)) return;
        const page = read(() => readOutput(reply.view));
        if (page.length === 0) throw brokenProtocol('an empty page of a listing');
        yield read(() => readEntries(page));
      }
    },
    async info(handle) {
      const [facts, index] = await Promise.all([
        ask('query', requests.queryRequest(handle, requests.questions.facts)),
        ask('query', requests.queryRequest(handle, requests.questions.index)),
      ]);
      return {
        ...read(() => readFacts(readOutput(facts.view))),
        index: read(() => readOutput(index.view).bits64le(0)),
      };
    },
    async space(handle) {
      const reply = await ask('query', requests.queryRequest(handle, requests.questions.space));
      return read(() => readSpace(readOutput(reply.view)));
    },
    async closeHandle(handle) {
      await ask('close', requests.closeRequest(handle));
    },
    async close() {
      if (channel.lost.aborted) return;
      const closed = new SmbError({ code: 'invalid' }, 'the target is closed');
      // Without an answer the session ends with the connection.
      const late = setTimeout(() => channel.fail(closed), goodbye);
      await channel.request(requests.logoffRequest()).catch(() => {});
      clearTimeout(late);
      channel.fail(closed);
    },
  };
}
