import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Chunks, type Target } from '@sysimage/core/plugin';
import { layeredCases } from '@sysimage/layered-kit';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import { defaultPatience, openBucket, type Bucket } from '../src/client.js';
import { openS3 } from '../src/index.js';
import { bucket as plugin } from '../src/plugin.js';
import type { S3Options } from '../src/options.js';
import { cephKeys as keys, startCeph, type Ceph } from '@sysimage/fixtures';
import { chunksOf, createHost, joined, namesOf, text } from './bytes.js';

// A real server: Ceph's gateway, started here.

const mebibyte = 2 ** 20;
const name = objectName('a', 'object');
let folder: string;
let ceph: Ceph;
let raw: Bucket;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-s3-'));
  ceph = await startCeph(folder);
  raw = await openBucket(optionsFor(''), defaultPatience);
  for (const Bucket of ['images', 'small', 'whole']) await raw.client.send(new raw.sdk.CreateBucketCommand({ Bucket }));
}, 120_000);

afterAll(async () => {
  raw?.client.destroy();
  await ceph?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function optionsFor(prefix: string, changes: Partial<S3Options> = {}): S3Options {
  return { bucket: 'images', prefix, endpoint: ceph.endpoint, ...keys, versions: 'keep', ...changes };
}

const opened = async (prefix: string, changes?: Partial<S3Options>, host = createHost()): Promise<Target> =>
  completeTarget<never>(await openS3(optionsFor(prefix, changes), host, 'write'));

async function uploadsBelow(prefix: string): Promise<number> {
  const { Uploads } = await raw.client.send(
    new raw.sdk.ListMultipartUploadsCommand({ Bucket: 'images', Prefix: `${prefix}/` }),
  );
  return Uploads?.length ?? 0;
}

describe('the contract of targets', () => {
  let places = 0;
  const setup: KitSetup = {
    facets: plugin.facets,
    open: async () => {
      places += 1;
      const prefix = `kit-${places}/deep`;
      return { target: await opened(prefix), reopen: () => opened(prefix), dispose: async () => {} };
    },
  };
  test.each(conformance(setup).cases)('$name', ({ run }) => run(), 120_000);
  test.each(layeredCases({ ...setup, manyObjects: 20 }))('$name', ({ run }) => run(), 120_000);
});

const pieces = Array.from({ length: 8 }, () => randomBytes(mebibyte));
const large = 150 * mebibyte + 17;

/** Bytes that are nowhere in memory as a whole. */
function largeChunks(end = large): Chunks {
  return async function* chunks() {
    for (let at = 0; at < end; at += mebibyte) {
      yield (pieces[(at / mebibyte) % 7] ?? Buffer.alloc(0)).subarray(0, Math.min(mebibyte, end - at));
    }
  };
}

async function digest(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of parts) hash.update(part);
  return hash.digest('hex');
}

test('an object of ten parts: whole, replaced at the end only, and nothing is left behind', async () => {
  const target = await opened('large');
  await target.put(name, 3, chunksOf(text('old')));
  let during: number | undefined;
  const watched: Chunks = async function* chunks() {
    for await (const piece of largeChunks()()) {
      yield piece;
    }
    during = (await target.stat(name))?.size;
  };
  const stat = await target.put(name, large, watched);
  expect(during).toBe(3);
  expect(stat).toEqual({ ...(await target.stat(name)), modified: stat.modified });
  expect(stat.state).toMatch(/-10$/u);
  expect(await digest(target.get(name, { start: 0, end: large }, { state: stat.state ?? '' }))).toBe(
    await digest(largeChunks()()),
  );
  const border = { start: 16 * mebibyte - 5, end: 16 * mebibyte + 5 };
  const expected = Buffer.concat([pieces[15 % 7] ?? '', pieces[16 % 7] ?? ''].map((piece) => Buffer.from(piece)));
  expect(await joined(target.get(name, border))).toEqual(expected.subarray(mebibyte - 5, mebibyte + 5));
  expect(await uploadsBelow('large')).toBe(0);
}, 120_000);

test('a large put that fails leaves the old object, and no parts', async () => {
  const target = await opened('failing');
  await target.put(name, 3, chunksOf(text('old')));
  const controller = new AbortController();
  const cancelling: Chunks = async function* chunks() {
    for await (const piece of largeChunks(70 * mebibyte)()) yield piece;
    controller.abort();
    yield text('x');
  };
  const broken: Chunks = async function* chunks() {
    for await (const piece of largeChunks(40 * mebibyte)()) yield piece;
    throw new Error('the source is gone');
  };
  const { signal } = controller;
  await expect(target.put(name, large, cancelling, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  await expect(target.put(name, large, broken)).rejects.toThrow('the source is gone');
  await expect(target.put(name, large, largeChunks(large - 1))).rejects.toMatchObject({ code: 'invalid' });
  await expect(target.put(name, large - 1, largeChunks())).rejects.toMatchObject({ code: 'invalid' });
  expect((await joined(target.get(name, { start: 0, end: 3 }))).toString()).toBe('old');
  expect(await namesOf(target.list(''))).toEqual([name]);
  expect(await uploadsBelow('failing')).toBe(0);
}, 120_000);

test('uploads of killed runs are aborted after a week, those of others never', async () => {
  for (const Key of ['killed/a/object', 'killed/Not An Object', 'killed-not/object']) {
    await raw.client.send(new raw.sdk.CreateMultipartUploadCommand({ Bucket: 'images', Key }));
  }
  const day = 24 * 60 * 60 * 1000;
  for (const [days, left] of [
    [6, 2],
    [8, 1],
  ] as const) {
    const target = await opened(
      'killed',
      {},
      createHost(() => new Date(Date.now() + days * day)),
    );
    await target.put(name, 3, chunksOf(text('new')));
    expect(await uploadsBelow('killed')).toBe(left);
  }
  expect(await uploadsBelow('killed-not')).toBe(1);
});

test('more than a page after a name', async () => {
  const target = await opened('pages');
  const names = Array.from({ length: 1030 }, (_, i) => objectName(`n${String(i).padStart(4, '0')}`));
  for (let i = 0; i < names.length; i += 10) {
    await Promise.all(names.slice(i, i + 10).map((each) => target.put(each, 1, chunksOf(text('x')))));
  }
  expect(await namesOf(target.list('', { after: objectName('n0009') }))).toEqual(names.slice(10));
}, 60_000);

test('a whole bucket, and keys in it that are no objects', async () => {
  for (const Key of ['Readme', 'a b/c', 'a//b', 'ü', 'a/', 'con', 'a&<b>"c', 'line\nbreak', '\u{1}\u{7f}']) {
    await raw.client.send(new raw.sdk.PutObjectCommand({ Bucket: 'whole', Key, Body: Buffer.from('x') }));
  }
  const target = await opened('', { bucket: 'whole' });
  await target.put(name, 3, chunksOf(text('one')));
  expect(await namesOf(target.list(''))).toEqual([name]);
  expect(await namesOf(target.list(objectName('a')))).toEqual([name]);
  expect(await namesOf(target.list('', { after: name }))).toEqual([]);
});

test('wrong keys, foreign buckets and missing ones are told apart', async () => {
  const error = async (changes: Partial<S3Options>): Promise<unknown> =>
    opened('x', changes).catch((caught: unknown) => caught);
  const secretAccessKey = 'WRONGSECRET';
  expect(await error({ secretAccessKey })).toMatchObject({ code: 'credentials', retry: 'never' });
  expect(await error({ accessKeyId: 'NOSUCHKEY' })).toMatchObject({ code: 'credentials' });
  expect(await error({ accessKeyId: 'OTHERKEY', secretAccessKey: 'OTHERSECRETOTHERSECRET' })).toMatchObject({
    code: 'denied',
  });
  const missing = await error({ bucket: 'no-such-bucket' });
  expect(missing).toMatchObject({ code: 'not-found', message: expect.stringContaining('no-such-bucket') });
  expect(JSON.stringify([await error({ secretAccessKey }), missing])).not.toMatch(/SECRET/u);
});

test('a quota that is full is no-space, and the old object is whole', async () => {
  const target = await opened('x', { bucket: 'small' });
  await target.put(name, 3, chunksOf(text('old')));
  await ceph.admin('quota', 'set', '--quota-scope=bucket', '--bucket=small', '--max-size=100K');
  await ceph.admin('quota', 'enable', '--quota-scope=bucket', '--bucket=small');
  const size = 40 * mebibyte;
  await expect(target.put(name, size, largeChunks(size))).rejects.toMatchObject({ code: 'no-space' });
  expect((await joined(target.get(name, { start: 0, end: 3 }))).toString()).toBe('old');
}, 60_000);

test('a server that dies in the middle of a put and of a get', async () => {
  const target = await opened('dying');
  const size = 32 * mebibyte;
  await target.put(name, size, largeChunks(size));
  const dying: Chunks = async function* chunks() {
    let at = 0;
    for await (const piece of largeChunks()()) {
      if (at === 40) await ceph.gateway.kill();
      at += 1;
      yield piece;
    }
  };
  await expect(target.put(name, large, dying)).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  await expect(target.stat(name)).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  await ceph.gateway.start();
  expect((await target.stat(name))?.size).toBe(size);
  let read = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of target.get(name, { start: 0, end: size })) {
      if (read === 0) await ceph.gateway.kill();
      read += chunk.byteLength;
    }
  };
  await expect(reading()).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  expect(read).toBeLessThan(size);
  await ceph.gateway.start();
  expect(await digest(target.get(name, { start: 0, end: size }))).toBe(await digest(largeChunks(size)()));
  await target.close();
}, 120_000);
