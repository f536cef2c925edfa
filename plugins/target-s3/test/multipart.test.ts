import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { objectName, type TargetParts } from '@sysimage/core/plugin';
import { openS3 } from '../src/index.js';
import { bucketName, etagOf, refuse, startFakeServer, type FakeServer } from './fake-server.js';
import { chunksOf, createHost } from './bytes.js';

const name = objectName('a', 'object');
const mebibyte = 2 ** 20;
let server: FakeServer;
let target: TargetParts;

beforeEach(async () => {
  server = await startFakeServer();
  const { endpoint } = server;
  const keys = { accessKeyId: 'AK', secretAccessKey: 'SECRET' };
  target = await openS3(
    { bucket: bucketName, prefix: 'p', endpoint, ...keys, versions: 'keep' },
    createHost(),
    'write',
  );
});
afterEach(async () => {
  await target.close();
  await server.close();
});

test('put: a reply to the end of an upload that is lost does not fail it', async () => {
  const bytes = randomBytes(64 * 2 ** 20 + 1);
  let lost = false;
  let etag = '';
  server.interrupt = (seen, reply, request) => {
    if (seen.method === 'HEAD')
      return reply.setHeader('etag', etag).setHeader('content-length', bytes.length).end() !== undefined;
    if (seen.method !== 'POST' || !seen.query.has('uploadId') || lost) return false;
    lost = true;
    // They may have come in any order.
    const byNumber = [...(server.uploads.get(seen.query.get('uploadId') ?? '') ?? [])];
    const parts = byNumber.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, part]) => part);
    const sums = parts.map((part) => Buffer.from(etagOf(part).slice(1, -1), 'hex'));
    etag = `"${etagOf(Buffer.concat(sums)).slice(1, -1)}-${parts.length}"`;
    server.objects.set(seen.key, Buffer.concat(parts));
    server.uploads.clear();
    request.socket.destroy();
    return true;
  };
  const stat = await target.put(name, bytes.length, chunksOf(bytes));
  expect(stat.state).toMatch(/-5$/u);
  expect(server.objects.get('p/a/object')?.equals(bytes)).toBe(true);

  const part = server.requests.filter(({ query }) => query.has('partNumber'));
  expect(part.map(({ headers }) => Number(headers['content-length'])).toSorted((a, b) => a - b)).toEqual([
    1,
    ...Array.from({ length: 4 }, () => 16 * 2 ** 20),
  ]);
});

test('put: an upload whose part fails is aborted', async () => {
  server.interrupt = (seen, reply) => seen.query.get('partNumber') === '2' && refuse(reply, 403, 'AccessDenied');
  const bytes = Buffer.alloc(70 * 2 ** 20, 1);
  await expect(target.put(name, bytes.length, chunksOf(bytes))).rejects.toMatchObject({ code: 'denied' });
  expect([server.uploads.size, server.objects.size]).toEqual([0, 0]);
});

test('put: two parts at once, and no more of the source in memory than two parts', async () => {
  let under = 0;
  let most = 0;
  server.interrupt = (seen, reply) => {
    if (!seen.query.has('partNumber')) return false;
    under += 1;
    most = Math.max(most, under);
    reply.once('finish', () => {
      under -= 1;
    });
    return false;
  };
  const piece = Buffer.alloc(mebibyte, 7);
  let ahead = 0;
  const counted = async function* chunks() {
    for (let at = 0; at < 100; at += 1) {
      const done = [...server.uploads.values()].reduce((sum, parts) => sum + parts.size, 0);
      ahead = Math.max(ahead, at - 16 * done);
      yield piece;
    }
  };
  await target.put(name, 100 * mebibyte, counted);
  expect(most).toBeLessThanOrEqual(2);
  expect(ahead).toBeLessThanOrEqual(2 * 16);
  expect(server.objects.get('p/a/object')?.length).toBe(100 * mebibyte);
});

test('put: cancelled before the end of an upload, never during it', async () => {
  const bytes = Buffer.alloc(64 * mebibyte, 1);
  const controller = new AbortController();
  server.interrupt = (seen) => {
    if (seen.method === 'POST' && seen.query.has('uploadId')) controller.abort();
    return false;
  };
  const { signal } = controller;
  expect((await target.put(name, bytes.length, chunksOf(bytes), { signal })).size).toBe(bytes.length);
  await target.remove(name);
  const early = new AbortController();
  server.interrupt = (seen) => {
    if (seen.query.get('partNumber') === '4') early.abort();
    return false;
  };
  const put = target.put(name, bytes.length, chunksOf(bytes), { signal: early.signal });
  await expect(put).rejects.toMatchObject({ code: 'cancelled' });
  expect([server.uploads.size, server.objects.size]).toEqual([0, 0]);
});
