import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createChannel, type Channel } from '../src/channel.js';
import { framePrefix } from '../src/frames.js';
import { echoRequest } from '../src/requests.js';
import { sign } from '../src/signing.js';
import { connectSmb2 } from '../src/smb2-client.js';

// A server that does what no server should.

const times = { silence: 100, longest: 400 };
let server: Server;
let behave: (socket: Socket, request: Buffer, count: number) => void;
let client: Socket;
let channel: Channel;
const address = (): AddressInfo => server.address() as AddressInfo;
const opened = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    let count = 0;
    opened.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) {
        behave(socket, bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)), (count += 1));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect(address().port, '127.0.0.1');
  await once(client, 'connect');
  channel = createChannel(client, times);
});
afterEach(async () => {
  client.destroy();
  for (const socket of opened) socket.destroy();
  opened.clear();
  server.close();
  await once(server, 'close');
});

interface Answer {
  readonly status?: number;
  readonly flags?: number;
  readonly credits?: number;
  readonly key?: Uint8Array;
  readonly change?: (message: Buffer) => void;
}

function answer(
  socket: Socket,
  request: Buffer,
  { status = 0, flags = 1, credits = 3, key, change }: Answer = {},
): void {
  const message = Buffer.alloc(68);
  request.copy(message, 0, 0, 64);
  message.fill(0, 48, 64);
  message.writeUInt32LE(status, 8);
  message.writeUInt16LE(credits, 14);
  message.writeUInt32LE(key === undefined ? flags : flags | 8, 16);
  if (key !== undefined) sign(key, message);
  change?.(message);
  socket.write(Buffer.concat([framePrefix(message.length), message]));
}

const broken = { failure: { code: 'unavailable' } };

test('replies find their requests in any order', async () => {
  const kept: Buffer[] = [];
  behave = (socket, request, count) => {
    if (count === 1) {
      answer(socket, request, { credits: 5 });
      return;
    }
    kept.push(Buffer.from(request));
    if (kept.length === 3)
      for (const [i, each] of kept.toReversed().entries()) answer(socket, each, { status: 100 + i });
  };
  await channel.request(echoRequest());
  const replies = await Promise.all([1, 2, 3].map(() => channel.request(echoRequest())));
  expect(replies.map(({ status }) => status)).toEqual([102, 101, 100]);
});

test('an interim reply is not the answer', async () => {
  behave = (socket, request) => {
    answer(socket, request, { status: 0x103, flags: 3 });
    answer(socket, request, { status: 7, credits: 0 });
  };
  expect(await channel.request(echoRequest())).toMatchObject({ status: 7 });
});

test('a server that takes long but answers echoes is waited for, up to a limit', async () => {
  behave = (socket, request, count) => {
    if (count === 1) answer(socket, request, { credits: 4 });
    if (count > 2) answer(socket, request);
  };
  await channel.request(echoRequest());
  const start = performance.now();
  await expect(channel.request(echoRequest())).rejects.toMatchObject({
    message: expect.stringContaining('unanswered'),
  });
  expect(performance.now() - start).toBeGreaterThan(times.longest - 50);
});

test.each<[string, (socket: Socket, request: Buffer) => void, RegExp]>([
  ['never answers', () => {}, /does not answer/u],
  ['closes the connection', (socket) => socket.end(), /closed the connection/u],
  ['resets the connection', (socket) => socket.resetAndDestroy(), /broke|closed/u],
  ['speaks another protocol', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'), /no message of SMB/u],
  ['speaks SMB 1', (socket, request) => answer(socket, request, { change: (m) => m.writeUInt8(0xff, 0) }), /SMB 1/u],
  ['announces a huge message', (socket) => socket.write(framePrefix(0xff_ffff)), /16777215 bytes/u],
  ['sends half a message', (socket) => socket.end(Buffer.concat([framePrefix(100), Buffer.alloc(50)])), /closed/u],
  ['sends an empty message', (socket) => socket.write(framePrefix(0)), /broke the protocol/u],
  [
    'answers what was not asked',
    (socket, request) => answer(socket, request, { change: (m) => m.writeUInt8(9, 24) }),
    /reply to nothing/u,
  ],
  [
    'answers another command',
    (socket, request) => answer(socket, request, { change: (m) => m.writeUInt8(3, 12) }),
    /another command/u,
  ],
  ['sends a request', (socket, request) => answer(socket, request, { flags: 0 }), /no reply/u],
  [
    'chains replies',
    (socket, request) => answer(socket, request, { change: (m) => m.writeUInt32LE(64, 20) }),
    /several replies/u,
  ],
])('a server that %s: all calls reject, and later ones at once', async (_, misbehave, reason) => {
  behave = misbehave;
  const calls = [channel.request(echoRequest()), channel.request(echoRequest())];
  const start = performance.now();
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toMatchObject({ reason: { ...broken, message: expect.stringMatching(reason) } });
  }
  expect(performance.now() - start).toBeLessThan(2000);
  expect(channel.lost.aborted).toBe(true);
  await expect(channel.request(echoRequest())).rejects.toMatchObject(broken);
});

test('a server that gives no credit ends the connection instead of stopping it', async () => {
  behave = (socket, request) => answer(socket, request, { credits: 0 });
  await channel.request(echoRequest());
  await expect(channel.request(echoRequest())).rejects.toMatchObject({
    message: expect.stringContaining('nothing more'),
  });
});

test('a connection that is lost while nothing is asked rejects the next call', async () => {
  behave = (socket, request) => {
    answer(socket, request);
    socket.end();
  };
  await channel.request(echoRequest());
  await once(channel.lost, 'abort');
  await expect(channel.request(echoRequest())).rejects.toMatchObject(broken);
});

const key = new Uint8Array(16).fill(3);
test.each<[string, Answer, boolean]>([
  ['signed', { key }, true],
  ['unsigned', {}, false],
  ['signed with another key', { key: new Uint8Array(16) }, false],
  ['changed on the way', { key, change: (message) => message.writeUInt8(1, 64) }, false],
])('once secured, a reply that is %s', async (_, given, fine) => {
  let signedRequest = false;
  behave = (socket, request) => {
    signedRequest = (request.readUInt32LE(16) & 8) !== 0 && !request.subarray(48, 64).equals(Buffer.alloc(16));
    answer(socket, request, given);
  };
  channel.secure(key);
  const call = channel.request(echoRequest());
  if (fine) await call;
  else await expect(call).rejects.toMatchObject({ message: expect.stringContaining('signature') });
  expect(signedRequest).toBe(true);
});

test('a client does not hang on a server that accepts and never answers', async () => {
  behave = () => {};
  const place = { host: '127.0.0.1', port: address().port, share: 'data' };
  const user = { user: 'u', domain: '', password: 'p' };
  await expect(connectSmb2(place, user, { ...times, connect: 100 })).rejects.toMatchObject(broken);
});

test('a client refuses a dialect that it did not offer', async () => {
  behave = (socket, request) => {
    const message = Buffer.alloc(64 + 64);
    request.copy(message, 0, 0, 64);
    message.writeUInt32LE(1, 16);
    message.writeUInt16LE(65, 64);
    message.writeUInt16LE(0x0311, 68);
    socket.write(Buffer.concat([framePrefix(message.length), message]));
  };
  const place = { host: '127.0.0.1', port: address().port, share: 'data' };
  const user = { user: 'u', domain: '', password: 'p' };
  await expect(connectSmb2(place, user)).rejects.toMatchObject({ message: expect.stringContaining('not offered') });
});
