import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A server of one bucket in memory, as far as the target uses one; for replies that no sound server gives. */
export interface FakeServer {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly uploads: Map<string, Map<number, Buffer>>;
  readonly requests: Seen[];
  /** Tried for every request until one says true: it has answered. */
  interrupt: ((seen: Seen, reply: ServerResponse, request: IncomingMessage) => boolean) | undefined;
  close(): Promise<void>;
}

export interface Seen {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export const bucketName = 'fake';

export async function startFakeServer(): Promise<FakeServer> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const requests: Seen[] = [];
  const server = createServer((request, reply) => {
    const seen = seenOf(request);
    requests.push(seen);
    // A socket that a test cuts is no failure of this server.
    request.on('error', () => {});
    if (fake.interrupt?.(seen, reply, request) === true) return;
    bodyOf(request).then(
      (body) => answer(fake, seen, body, reply),
      () => reply.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const fake: FakeServer = {
    endpoint: `http://127.0.0.1:${address.port}`,
    objects,
    uploads,
    requests,
    interrupt: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

export function refuse(reply: ServerResponse, status: number, code?: string): true {
  const body = code === undefined ? '' : `<Error><Code>${code}</Code><Message>with a secret: SECRET</Message></Error>`;
  reply.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  return true;
}

export function listing(
  keys: readonly (readonly [key: string, size: string, etag?: string])[],
  token?: string,
): string {
  const contents = keys.map(
    ([key, size, etag = '"e"']) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>${etag}</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`,
  );
  const more = token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`;
  return `<ListBucketResult><IsTruncated>${token !== undefined}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`;
}

export const etagOf = (bytes: Uint8Array): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of request) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

function seenOf({ method = '', url = '', headers }: IncomingMessage): Seen {
  const { pathname, searchParams } = new URL(url, 'http://fake');
  return { method, key: decodeURIComponent(pathname.slice(`/${bucketName}/`.length)), query: searchParams, headers };
}

function answer(fake: FakeServer, seen: Seen, body: Buffer, reply: ServerResponse): void {
  const { method, key, query, headers } = seen;
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    refuse(reply, 400, 'BadDigest');
  } else if (query.has('uploadId') || query.has('uploads')) {
    answerUpload(fake, seen, body, reply);
  } else if (query.get('list-type') === '2') {
    const found = keysFor(fake, query).map((each) => ({ each, bytes: fake.objects.get(each) ?? Buffer.alloc(0) }));
    reply.end(listing(found.map(({ each, bytes }) => [each, `${bytes.length}`, etagOf(bytes)])));
  } else if (method === 'PUT') {
    fake.objects.set(key, body);
    reply.setHeader('etag', etagOf(body)).end();
  } else if (method === 'DELETE') {
    fake.objects.delete(key);
    reply.writeHead(204).end();
  } else {
    const bytes = fake.objects.get(key);
    if (bytes === undefined) refuse(reply, 404, method === 'HEAD' ? undefined : 'NoSuchKey');
    else sendObject(bytes, seen, reply);
  }
}

function keysFor({ objects }: FakeServer, query: URLSearchParams): readonly string[] {
  const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? ''];
  return [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
}

function sendObject(bytes: Buffer, { method, headers }: Seen, reply: ServerResponse): void {
  reply.setHeader('etag', etagOf(bytes));
  const [, start = '0', last = `${bytes.length - 1}`] = /^bytes=(\d+)-(\d+)$/u.exec(headers.range ?? '') ?? [];
  if (method === 'HEAD') {
    reply.setHeader('content-length', bytes.length).end();
  } else if (Number(start) >= bytes.length) {
    refuse(reply, 416, 'InvalidRange');
  } else {
    const end = Math.min(bytes.length, Number(last) + 1);
    reply
      .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` })
      .end(bytes.subarray(Number(start), end));
  }
}

function answerUpload(fake: FakeServer, { method, key, query }: Seen, body: Buffer, reply: ServerResponse): void {
  const id = query.get('uploadId');
  if (id === null && method === 'POST') {
    const made = `upload-${fake.requests.length}`;
    fake.uploads.set(made, new Map());
    reply.end(`<InitiateMultipartUploadResult><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`);
    return;
  }
  if (id === null) return void reply.end('<ListMultipartUploadsResult></ListMultipartUploadsResult>');
  const parts = fake.uploads.get(id);
  if (parts === undefined) return void refuse(reply, 404, 'NoSuchUpload');
  if (method === 'PUT') {
    parts.set(Number(query.get('partNumber')), body);
    return void reply.setHeader('etag', etagOf(body)).end();
  }
  fake.uploads.delete(id);
  if (method === 'DELETE') return void reply.writeHead(204).end();
  fake.objects.set(key, Buffer.concat([...parts].toSorted(([a], [b]) => a - b).map(([, part]) => part)));
  reply.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
}
