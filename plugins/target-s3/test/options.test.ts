import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import byDefault, { plugin } from '../src/index.js';
import { optionsFromUrl, s3Options } from '../src/options.js';

const parsed = (input: unknown): unknown => {
  try {
    return s3Options.parse(input);
  } catch (error) {
    return error;
  }
};
const fromUrl = (url: string): unknown => {
  try {
    return s3Options.parse(optionsFromUrl(url));
  } catch (error) {
    return error;
  }
};

test('takes a place and keys, and nothing that it does not know', () => {
  expect(parsed({ bucket: 'b-1' })).toEqual({ bucket: 'b-1', prefix: '', versions: 'keep' });
  const all = {
    bucket: 'Old_Bucket.1',
    prefix: '/some/Folder ü/',
    endpoint: 'https://s3.example:9000/',
    region: 'eu-1',
    accessKeyId: 'AK',
    secretAccessKey: 'S+/=',
    versions: 'single',
  };
  expect(parsed(all)).toEqual({ ...all, prefix: 'some/Folder ü', endpoint: 'https://s3.example:9000' });
  for (const [field, value] of [
    ['bucket', undefined],
    ['bucket', ''],
    ['bucket', 'a/b'],
    ['bucket', 'arn:aws:s3:::b'],
    ['bucket', 7],
    ['prefix', 'a//b'],
    ['prefix', '../b'],
    ['prefix', 'a\nb'],
    ['prefix', 'ü'.repeat(251)],
    ['endpoint', 'host:9000'],
    ['endpoint', 'file:///etc'],
    ['endpoint', 'http://h?x=1'],
    ['region', 'eu 1'],
    ['versions', 'all'],
    ['accessKeyId', undefined],
    ['accessKeyId', 'a\r\nb'],
    ['secretAccessKey', undefined],
    ['secretAccessKey', ''],
    ['profile', 'x'],
  ] as const) {
    const error = parsed({ ...all, [field]: value });
    expect(error).toMatchObject({ code: 'invalid', context: { field } });
    expect(String(error)).not.toContain('S+/=');
  }
  for (const input of [undefined, null, 's3://b', ['b']]) expect(parsed(input)).toMatchObject({ code: 'invalid' });
});

test('URLs name a place, and never keys', () => {
  expect(fromUrl('s3://bucket')).toEqual({ bucket: 'bucket', prefix: '', versions: 'keep' });
  expect(fromUrl('s3://bucket/a/b%20?endpoint=http://h:1&region=r-1&versions=single')).toEqual({
    bucket: 'bucket',
    prefix: 'a/b%20',
    endpoint: 'http://h:1',
    region: 'r-1',
    versions: 'single',
  });
  for (const url of [
    's3://AK:SESAME@bucket/x',
    's3://bucket?endpoint=http://AK:SESAME@host',
    's3://bucket?secretAccessKey=SESAME',
    's3://bucket?accessKeyId=SESAME',
    's3://bucket?token=SESAME',
    's3://bucket?region=SESAME&region=SESAME',
    's3://bucket?prefix=SESAME',
    'https://bucket/SESAME',
    's3:///SESAME',
  ]) {
    const error = fromUrl(url);
    expect(error).toMatchObject({ code: 'invalid' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('SESAME');
  }
});

test('package.json says the same as the code', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({
    name: plugin.meta.name,
    version: plugin.meta.version,
    sysimage: {
      plugin: { api: plugin.meta.api, targets: plugin.targets?.map(({ kind, facets }) => ({ kind, facets })) },
    },
  });
  expect(byDefault).toBe(plugin);
  expect(await plugin.targets?.[0]?.jsonSchema()).toMatchObject({
    properties: { secretAccessKey: { format: 'password', writeOnly: true } },
  });
});
