import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { announce, webhookChannel } from '../src/index.js';
import { notification, quickly } from './some-notification.js';

interface Got {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface HttpServer extends AsyncDisposable {
  readonly url: string;
  readonly got: readonly Got[];
}

async function startHttpServer(answer: (response: ServerResponse, count: number) => void): Promise<HttpServer> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push({ method: request.method, path: request.url, headers: request.headers, body });
      answer(response, got.length);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address: AddressInfo | string | null = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook/SECRET`,
    got,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

const status =
  (...codes: readonly number[]) =>
  (response: ServerResponse, count: number): void => {
    const code = codes[count - 1] ?? codes.at(-1) ?? 200;
    response.writeHead(code, code === 302 ? { location: '/elsewhere' } : {}).end('a body');
  };

test('the notification is posted as JSON, with headers of its own', async () => {
  await using server = await startHttpServer(status(204));
  const channel = webhookChannel('ops', { url: server.url, headers: { authorization: 'Bearer x' } });
  expect(await announce(channel, notification, quickly())).toEqual({ channel: 'ops', tries: 1 });
  expect(server.got).toMatchObject([
    {
      method: 'POST',
      path: '/hook/SECRET',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x', 'user-agent': 'sysimage/0.1.0' },
    },
  ]);
  expect(JSON.parse(server.got[0]?.body ?? '')).toEqual(notification);
});

test.each<[readonly number[], number, string | undefined]>([
  [[503, 429, 200], 3, undefined],
  [[500, 502, 504], 3, 'unavailable'],
  [[404], 1, 'invalid'],
  [[401], 1, 'credentials'],
  [[302], 1, 'invalid'],
])('answers %j take %i tries and come to %s; the URL is never told', async (codes, tries, code) => {
  await using server = await startHttpServer(status(...codes));
  const told = await announce(webhookChannel('a', { url: server.url }), notification, quickly());
  expect([told.tries, told.error?.code, server.got.length]).toEqual([tries, code, tries]);
  expect(`${told.error?.message} ${JSON.stringify(told.error)}`).not.toContain('SECRET');
});

test('a server that never answers, hangs up, or is not there', async () => {
  await using silent = await startHttpServer(() => undefined);
  const late = await announce(webhookChannel('a', { url: silent.url }), notification, quickly({ timeout: 200 }));
  expect([late.tries, late.error?.message]).toEqual([3, expect.stringContaining('0.2 s')]);
  await using rude = await startHttpServer((response) => void response.destroy());
  const cut = await announce(webhookChannel('a', { url: rude.url }), notification, quickly());
  expect(cut.error?.message).toMatch(/^127\.0\.0\.1:\d+ cannot be reached \([A-Z_]+\)$/u);
  const { url } = rude;
  await rude[Symbol.asyncDispose]();
  const gone = await announce(webhookChannel('a', { url }), notification, quickly());
  expect(gone.error?.message).toContain('ECONNREFUSED');
});

test('http to another machine only when that is allowed; no password in a URL', () => {
  const refused = expect.objectContaining({ code: 'invalid' });
  expect(() => webhookChannel('a', { url: 'http://example.org/x' })).toThrow(refused);
  expect(() => webhookChannel('a', { url: 'http://127.0.0.1.example.org/x' })).toThrow(refused);
  expect(() => webhookChannel('a', { url: 'https://user:pass@example.org/x' })).toThrow(refused);
  expect(() => webhookChannel('a', { url: 'file:///etc/passwd' })).toThrow(refused);
  expect(() => webhookChannel('a', { url: 'nonsense' })).toThrow(refused);
  expect(() => webhookChannel('a', { url: 'https://a/', headers: { 'a b': 'c' } })).toThrow(refused);
  for (const url of ['https://example.org/x', 'http://localhost/x', 'http://[::1]:80/x', 'http://127.1.2.3/']) {
    expect(webhookChannel('a', { url }).name).toBe('a');
  }
  expect(webhookChannel('a', { url: 'http://example.org/x', allowHttp: true }).name).toBe('a');
});

test('a channel that breaks, or never ends, breaks nothing', async () => {
  const broken = { name: 'a', send: () => Promise.reject(new Error('SECRET')) };
  const told = await announce(broken, notification, quickly());
  expect([told.tries, told.error?.code, told.error?.message]).toEqual([1, 'internal', 'the channel failed']);
  const endless = { name: 'a', send: () => new Promise<void>(() => undefined) };
  expect(await announce(endless, notification, quickly({ timeout: 50 }))).toMatchObject({ tries: 3 });
  const slow = { name: 'a', send: () => new Promise<void>((resolve) => void setTimeout(resolve, 20)) };
  expect(await announce(slow, notification, quickly({ timeout: 2 ** 31 }))).toEqual({ channel: 'a', tries: 1 });
});
