import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import { chunksOf, host, joined, openOn, text } from './fixture.js';
import { openShare } from '../src/index.js';
import { smbOptions } from '../src/options.js';
import { connectSmb2 } from '../src/smb2-client.js';
import { sambaPassword, startSamba, type Samba } from '@sysimage/fixtures';

/** Stands between client and server, and can do what bad networks and bad people do. */
interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** What becomes of bytes on the way to the client. */
  towardsClient: (bytes: Buffer) => Buffer | undefined;
  towardsServer: (bytes: Buffer) => Buffer | undefined;
}

async function startProxy(to: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    const pass = (from: Socket, into: Socket, change: (bytes: Buffer) => Buffer | undefined): void => {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        const changed = change(bytes);
        if (changed !== undefined) into.write(changed);
      });
      from.on('error', () => into.destroy());
      from.on('close', () => into.destroy());
    };
    pass(client, upstream, (bytes) => proxy.towardsServer(bytes));
    pass(upstream, client, (bytes) => proxy.towardsClient(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    towardsClient: (bytes) => bytes,
    towardsServer: (bytes) => bytes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

const name = objectName('a', 'object');
const bytes = new Uint8Array(3_000_000).map((_, i) => i * 11);
let samba: Samba;
beforeAll(async () => {
  samba = await startSamba();
});
afterAll(() => samba.stop());

const last = (chunk: Buffer): Buffer => {
  const changed = Buffer.from(chunk);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
};

test('bytes that were changed on the way are noticed, in both directions', async () => {
  await using proxy = await startProxy(samba.port);
  const target = await openOn({ port: proxy.port, user: samba.user });
  await target.put(name, bytes.length, chunksOf(bytes));
  proxy.towardsClient = last;
  await expect(joined(target.get(name, { start: 0, end: bytes.length }))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('signature'),
  });
  proxy.towardsClient = (chunk) => chunk;
  expect((await joined(target.get(name, { start: 0, end: bytes.length }))).equals(bytes)).toBe(true);
  proxy.towardsServer = last;
  await expect(target.put(name, 3, chunksOf(text('new')))).rejects.toMatchObject({ operation: 'put' });
  proxy.towardsServer = (chunk) => chunk;
  expect((await target.stat(name))?.size).toBe(bytes.length);
  await target.close();
});

test('a network that swallows everything: calls reject, the flush rejects, nothing hangs', async () => {
  await using proxy = await startProxy(samba.port);
  const options = smbOptions.parse({
    host: '127.0.0.1',
    port: proxy.port,
    share: 'data',
    user: samba.user,
    password: sambaPassword,
  });
  const parts = await openShare(options, host, 'write', (address, credentials) =>
    connectSmb2(address, credentials, { connect: 1000, silence: 200, longest: 5000 }),
  );
  const file = await parts.facets.random.open(objectName('file'), { create: true, exclusive: true });
  await file.write(0, bytes);
  proxy.towardsServer = () => undefined;
  const start = performance.now();
  const controller = new AbortController();
  const cancelled = [
    parts.stat(name, { signal: controller.signal }),
    joined(parts.get(name, { start: 0, end: 3 }, { signal: controller.signal })),
  ];
  controller.abort();
  for (const outcome of await Promise.allSettled(cancelled)) {
    expect(outcome).toMatchObject({ reason: { code: 'cancelled' } });
  }
  const calls = [file.write(0, bytes), file.size(), parts.stat(name), parts.put(name, 3, chunksOf(text('new')))];
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toMatchObject({ reason: { code: 'unavailable' } });
  }
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable' });
  expect(performance.now() - start).toBeLessThan(5000);
  proxy.towardsServer = (chunk) => chunk;
  expect((await parts.stat(name))?.size).toBe(bytes.length);
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable' });
  await parts.close();
});

test.each(['SMB2_02', 'SMB2_10'])('a server that speaks %s at most', async (dialect) => {
  await using old = await startSamba({ global: `server max protocol = ${dialect}` });
  const target = await openOn(old);
  await target.put(name, bytes.length, chunksOf(bytes));
  expect((await joined(target.get(name, { start: 0, end: bytes.length }))).equals(bytes)).toBe(true);
  expect(target.traits.transport).toBe('signed');
  await target.close();
});
