import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { conformance } from '@sysimage/target-kit';
import { openS3 } from '../src/index.js';
import { bucketName, etagOf, listing, refuse, startFakeServer, type FakeServer } from './fake-server.js';
import { chunksOf, createHost, joined, namesOf, text } from './bytes.js';

const name = objectName('a', 'object');
const keys = { accessKeyId: 'AK', secretAccessKey: 'SECRET' };
let server: FakeServer;
let target: Target;

const opened = async (prefix = 'p', silence = 5000): Promise<Target> =>
  completeTarget<never>(
    await openS3(
      { bucket: bucketName, prefix, endpoint: server.endpoint, ...keys, versions: 'keep' },
      createHost(),
      'write',
      { connect: 2000, silence },
    ),
  );

beforeEach(async () => {
  server = await startFakeServer();
  target = await opened();
});
afterEach(async () => {
  await target.close();
  await server.close();
});

/** The first `times` requests of a method end so. */
function first(times: number, method: string, act: NonNullable<FakeServer['interrupt']>): void {
  let left = times;
  server.interrupt = (seen, reply, request) => {
    if (seen.method !== method || left === 0) return false;
    left -= 1;
    return act(seen, reply, request);
  };
}

test('traits: where it is, without secrets', async () => {
  expect(target.traits).toEqual({
    identity: `s3:localhost:${new URL(server.endpoint).port}/fake/p`,
    location: `s3://fake/p at ${server.endpoint}`,
    medium: 'object-store',
    physicalDisksUnknown: 'the server runs on this machine',
    writeOnce: false,
    singleVersion: false,
    maxObjectSize: 5 * 2 ** 40,
    transport: 'plain',
  });
  expect(target.capabilities.freeSpaceKnown).toBe(false);
});

test('put: busy servers and cut lines are tried again with the same bytes, asked for once', async () => {
  const bytes = randomBytes(300_000);
  let asked = 0;
  const chunks = async function* counted() {
    asked += 1;
    yield* [bytes.subarray(0, 100_000), bytes.subarray(100_000)];
  };
  first(1, 'PUT', (_, reply) => refuse(reply, 503, 'SlowDown'));
  await target.put(name, bytes.length, chunks);
  first(2, 'PUT', (_, __, request) => {
    request.once('data', () => request.socket.destroy());
    return true;
  });
  const stat = await target.put(name, bytes.length, chunks);
  expect(asked).toBe(2);
  expect(server.objects.get('p/a/object')).toEqual(bytes);
  expect(stat).toEqual({ name, size: bytes.length, state: etagOf(bytes).slice(1, -1) });
});

test('put: a server that stays away is unavailable, and the object is as it was', async () => {
  await target.put(name, 3, chunksOf(text('old')));
  first(99, 'PUT', (_, __, request) => {
    request.socket.destroy();
    return true;
  });
  await expect(target.put(name, 3, chunksOf(text('new')))).rejects.toMatchObject({
    code: 'unavailable',
    retry: 'later',
  });
  expect(server.objects.get('p/a/object')?.toString()).toBe('old');
});

test('put: every body says what it must be, and is signed over http', async () => {
  await target.put(name, 3, chunksOf(text('one')));
  const { headers } = server.requests.findLast(({ method }) => method === 'PUT') ?? {};
  expect(headers).toMatchObject({ 'content-length': '3', 'content-md5': expect.any(String) });
  expect(headers?.['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/u);
  expect(headers).not.toHaveProperty('x-amz-checksum-crc32');
});

test('get: a reply that is cut off goes on where it ended', async () => {
  const bytes = randomBytes(500_000);
  await target.put(name, bytes.length, chunksOf(bytes));
  let cuts = 0;
  first(3, 'GET', ({ headers }, reply, request) => {
    const start = Number(/bytes=(\d+)-/u.exec(headers.range ?? '')?.[1]);
    reply.writeHead(206, {
      etag: etagOf(bytes),
      'content-length': bytes.length - start,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    cuts += 1;
    reply.write(bytes.subarray(start, start + 70_000), () => request.socket.destroy());
    return true;
  });
  expect((await joined(target.get(name, { start: 0, end: bytes.length }))).equals(bytes)).toBe(true);
  expect(cuts).toBe(3);
});

test('get: cut off every time is unavailable; a replaced object is not read on', async () => {
  const head = { 'content-length': 10, 'content-range': 'bytes 0-9/10' };
  first(99, 'GET', (_, reply, request) => {
    reply.writeHead(206, { ...head, etag: '"1"' });
    reply.flushHeaders();
    setImmediate(() => request.socket.destroy());
    return true;
  });
  const range = { start: 0, end: 10 };
  await expect(joined(target.get(name, range))).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  let etag = 0;
  first(99, 'GET', ({ headers }, reply, request) => {
    etag += 1;
    const start = Number(/bytes=(\d+)-/u.exec(headers.range ?? '')?.[1]);
    reply.writeHead(206, { 'content-length': 10 - start, 'content-range': `bytes ${start}-9/10`, etag: `"${etag}"` });
    reply.write('abc', () => request.socket.destroy());
    return true;
  });
  await expect(joined(target.get(name, range))).rejects.toMatchObject({ code: 'unavailable', context: { name } });
});

test.each([
  ['a shorter object', 206, { 'content-range': 'bytes 0-4/5' }, 'corrupt'],
  ['another range', 206, { 'content-range': 'bytes 5-14/20' }, 'unsupported'],
  ['less of the range', 206, { 'content-range': 'bytes 0-4/20' }, 'unsupported'],
  ['nonsense', 206, { 'content-range': 'bytes 1e3-0x9/-1' }, 'unsupported'],
  ['a short body that ends well', 206, { 'content-range': 'bytes 0-9/10' }, 'corrupt'],
  ['a whole object that is short', 200, {}, 'corrupt'],
] as const)('get: %s is never short', async (_, status, headers, code) => {
  first(99, 'GET', (seen, reply) => {
    const again = seen.headers.range === 'bytes=5-9';
    reply.writeHead(status, { ...(again ? { 'content-range': 'bytes 5-9/10' } : headers), etag: '"1"' });
    reply.end(again ? '' : 'abcde');
    return true;
  });
  await expect(joined(target.get(name, { start: 0, end: 10 }))).rejects.toMatchObject({ code });
});

test('get: one connection serves many ranges', async () => {
  await target.put(name, 9, chunksOf(text('123456789')));
  const sockets = new Set<unknown>();
  server.interrupt = (_, __, request) => {
    sockets.add(request.socket);
    return false;
  };
  for (let start = 0; start < 9; start += 1) {
    expect((await joined(target.get(name, { start, end: start + 1 }))).toString()).toBe(`${start + 1}`);
  }
  expect(sockets.size).toBe(1);
});

test('get: a longer body is not passed on, a range is not taken from the start', async () => {
  first(1, 'GET', (_, reply) => {
    reply.writeHead(200, { etag: '"1"' }).end('abcdefghij and more');
    return true;
  });
  expect((await joined(target.get(name, { start: 0, end: 10 }))).toString()).toBe('abcdefghij');
  first(1, 'GET', (_, reply) => {
    reply.writeHead(200, { etag: '"1"' }).end('abcdefghij');
    return true;
  });
  await expect(joined(target.get(name, { start: 2, end: 4 }))).rejects.toMatchObject({ code: 'unsupported' });
});

test('a server that falls silent does not hold a call for ever', async () => {
  const impatient = await opened('p', 100);
  server.interrupt = (seen, reply) => {
    if (seen.method !== 'GET') return true;
    reply.writeHead(206, { etag: '"1"', 'content-range': 'bytes 0-9/10' }).flushHeaders();
    return true;
  };
  await expect(impatient.stat(name)).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  await expect(joined(impatient.get(name, { start: 0, end: 10 }))).rejects.toMatchObject({ code: 'unavailable' });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const { signal } = controller;
  await expect(joined(target.get(name, { start: 0, end: 10 }, { signal }))).rejects.toMatchObject({
    code: 'cancelled',
  });
  await impatient.close();
});

test('list: keys that are no names are somebody else’s; order, sizes and ends are checked', async () => {
  const reply = (...pages: readonly string[]): void => {
    let page = 0;
    first(99, 'GET', (_, response) => {
      response.end(pages[Math.min(page, pages.length - 1)]);
      page += 1;
      return true;
    });
  };
  const all = (after?: typeof name): Promise<string[]> =>
    namesOf(target.list('', after === undefined ? {} : { after }));
  reply(
    listing(
      [
        ['p/../../etc/passwd', '1'],
        ['q/a', '1'],
        ['p/A', '1'],
        ['p/', '0'],
        ['p/a', '1'],
      ],
      '1',
    ),
    listing([], '2'),
    listing([['p/b', '2']]),
  );
  expect(await all()).toEqual(['a', 'b']);
  reply(
    listing([
      ['p/a', '1'],
      ['p/a/object', '1'],
      ['p/b', '1'],
    ]),
  );
  expect(await all(name)).toEqual(['b']);
  for (const page of [
    listing([
      ['p/b', '1'],
      ['p/a', '1'],
    ]),
    listing([
      ['p/a', '1'],
      ['p/a', '1'],
    ]),
    listing([['p/a', '-1']]),
    listing([['p/a', '9999999999999999999']]),
    listing([], 'same'),
  ]) {
    reply(page);
    await expect(all()).rejects.toMatchObject({ code: 'corrupt' });
  }
  reply('<ListBucketResult><Contents>');
  await expect(all()).rejects.toMatchObject({ code: expect.stringMatching(/^(unavailable|unsupported)$/u) });
});

test('a page that is no reply of an S3 server is not taken for an empty bucket, or for a written object', async () => {
  server.interrupt = (_, reply) => reply.end('<html><body>Please log in</body></html>') !== undefined;
  const unsupported = { code: 'unsupported' };
  await expect(opened()).rejects.toMatchObject(unsupported);
  await expect(namesOf(target.list(''))).rejects.toMatchObject(unsupported);
  await expect(target.put(name, 3, chunksOf(text('new')))).rejects.toMatchObject(unsupported);
  server.interrupt = (_, reply) => reply.end() !== undefined;
  await expect(namesOf(target.list(''))).rejects.toMatchObject(unsupported);
});

test('remove: what is missing is fine, a missing bucket is not', async () => {
  first(1, 'DELETE', (_, reply) => refuse(reply, 404, 'NoSuchKey'));
  await target.remove(name);
  first(1, 'DELETE', (_, reply) => refuse(reply, 404, 'NoSuchBucket'));
  await expect(target.remove(name)).rejects.toMatchObject({ code: 'not-found' });
});

test('opening: the code says what is wrong, and no error tells what the server said', async () => {
  for (const [status, word, code] of [
    [404, 'NoSuchBucket', 'not-found'],
    [403, 'InvalidAccessKeyId', 'credentials'],
    [403, 'SignatureDoesNotMatch', 'credentials'],
    [403, 'AccessDenied', 'denied'],
    [501, 'NotImplemented', 'unsupported'],
  ] as const) {
    first(1, 'GET', (_, reply) => refuse(reply, status, word));
    const error: unknown = await opened().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, operation: 'open' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('SECRET');
  }
});

const { cases } = conformance({
  facets: [],
  open: async () => ({ target: await opened('kit'), reopen: () => opened('kit'), dispose: async () => {} }),
});
test.each(cases)('$name', ({ run }) => run());
