import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { defaultPatience, openBucket } from '../src/client.js';
import { openS3 } from '../src/index.js';
import { traitsOf } from '../src/location.js';
import type { S3Options } from '../src/options.js';
import { createHost } from './bytes.js';
import { bucketName, startFakeServer, type FakeServer } from './fake-server.js';

const keys = { accessKeyId: 'AK', secretAccessKey: 'SECRET' };
const options: S3Options = { bucket: 'images', prefix: 'a/b', ...keys, versions: 'single' };
const before = { ...process.env };
let server: FakeServer;

beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

/** What would be sent. */
async function requestTo(changes: Partial<S3Options>): Promise<{ readonly headers: unknown; readonly peer: unknown }> {
  const bucket = await openBucket({ ...options, ...changes }, defaultPatience);
  let headers: unknown;
  bucket.client.middlewareStack.add(
    () => async (call) => {
      headers = typeof call.request === 'object' && call.request !== null && Reflect.get(call.request, 'headers');
      throw Object.assign(new Error('not sent'), { $retryable: undefined });
    },
    { step: 'deserialize', priority: 'low' },
  );
  const command = new bucket.sdk.PutObjectCommand({ Bucket: 'images', Key: 'k', Body: Buffer.from('x') });
  await expect(bucket.client.send(command)).rejects.toThrow('not sent');
  return { headers, peer: bucket.peer() };
}

test('bodies are hashed for the signature only where no TLS protects them', async () => {
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', authorization: expect.stringContaining('AK/') };
  expect((await requestTo({ endpoint: 'https://192.0.2.1' })).headers).toMatchObject(unsigned);
  expect((await requestTo({ endpoint: 'http://192.0.2.1' })).headers).toMatchObject({
    'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/u),
  });
  const amazon = await requestTo({ region: 'eu-central-1' });
  expect(amazon.headers).toMatchObject(unsigned);
  expect(amazon.peer).toMatchObject({ protocol: 'https:', hostname: 'images.s3.eu-central-1.amazonaws.com' });
});

test('traits of a server elsewhere', async () => {
  const endpoint = 'https://192.0.2.1:9000';
  const bucket = await openBucket({ ...options, endpoint }, defaultPatience);
  const peer = { protocol: 'https:', hostname: '192.0.2.1', port: 9000 };
  expect(await traitsOf(bucket, peer, { ...options, endpoint })).toMatchObject({
    identity: 's3:192.0.2.1:9000/images/a/b',
    location: 's3://images/a/b at https://192.0.2.1:9000',
    physicalDisks: [],
    singleVersion: true,
    transport: 'encrypted',
  });
  const regions = ['images.s3.eu-west-1.amazonaws.com', 'images.s3.amazonaws.com'];
  const traits = await Promise.all(
    regions.map((hostname) => traitsOf(bucket, { protocol: 'https:', hostname }, options)),
  );
  expect(traits[0]).toEqual(traits[1]);
  expect(traits[0]).toMatchObject({ identity: 's3:amazonaws.com/images/a/b', location: 's3://images/a/b' });
});

test('keys come from the environment when none are given, and are missing when there are none', async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  const place: S3Options = { bucket: bucketName, prefix: '', endpoint: server.endpoint, versions: 'keep' };
  await expect(openS3(place, createHost(), 'read')).rejects.toMatchObject({ code: 'credentials', retry: 'never' });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'FROMENV', AWS_SECRET_ACCESS_KEY: 'x' });
  const target = await openS3(place, createHost(), 'read');
  expect(server.requests.at(-1)?.headers.authorization).toContain('Credential=FROMENV/');
  await target.close();
});

test('the environment may name the server, and the place says where it is', async () => {
  Object.assign(process.env, { AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: 'r-1' });
  const place: S3Options = { bucket: bucketName, prefix: 'p', ...keys, versions: 'keep' };
  const target = await openS3(place, createHost(), 'read');
  expect(target.traits).toMatchObject({ location: `s3://fake/p at ${server.endpoint}`, transport: 'plain' });
  expect(target.traits.physicalDisksUnknown).toBe('the server runs on this machine');
  expect(server.requests.at(-1)?.headers.authorization).toContain('/r-1/s3/');
  await target.close();
});

test('nobody there is unavailable, to be tried later', async () => {
  const { endpoint } = server;
  await server.close();
  server = await startFakeServer();
  const open = openS3({ ...options, endpoint }, createHost(), 'write', { connect: 500, silence: 500 });
  await expect(open).rejects.toMatchObject({ code: 'unavailable', retry: 'later', context: { error: 'ECONNREFUSED' } });
});
