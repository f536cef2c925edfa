import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from './options.js';

export type Sdk = typeof import('@aws-sdk/client-s3');

/** Where requests really go: configuration files of the AWS tools may say so too. */
export interface Peer {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
}

/** The bucket as the calls see it. */
export interface Bucket {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly name: string;
  /** What all keys start with: '' or something that ends with a slash. */
  readonly base: string;
  /** Undefined before the first request. */
  peer(): Peer | undefined;
}

/** For tests. Milliseconds. */
export interface Patience {
  readonly connect: number;
  /** Without a byte in either direction; completing a large upload takes a server long. */
  readonly silence: number;
}

export const defaultPatience: Patience = { connect: 10_000, silence: 120_000 };

const amazonRegion = 'us-east-1';
// Against running out of descriptors only: whoever reads from many objects at once holds one for each.
const connections = 64;
const attempts = 4;

/** Half a second of code is loaded here and not with the plugin: most runs use another kind of target. */
export async function openBucket(options: S3Options, patience: Patience): Promise<Bucket> {
  const [sdk, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@smithy/node-http-handler'),
  ]);
  const endpoint = options.endpoint ?? fromEnvironment('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  const client = new sdk.S3Client({
    // A wrong region at Amazon is mended by following the redirect.
    region: options.region ?? fromEnvironment('AWS_REGION', 'AWS_DEFAULT_REGION') ?? amazonRegion,
    followRegionRedirects: true,
    // Servers in the house seldom have a name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...credentialsOf(options),
    maxAttempts: attempts,
    // Every body has a Content-MD5. The client's own checksums cost as much again, and many servers refuse them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: patience.connect,
      socketTimeout: patience.silence,
      // Many readers at once wait for one of these; that is no reason to warn on standard error.
      socketAcquisitionWarningTimeout: 2 ** 30,
      httpAgent: { keepAlive: true, maxSockets: connections },
      httpsAgent: { keepAlive: true, maxSockets: connections },
    }),
  });
  let peer: Peer | undefined;
  client.middlewareStack.add(
    (next) => async (call) => {
      const request = requestOf(call.request);
      if (request !== undefined) {
        peer ??= peerOf(request);
        // TLS protects the bytes already; hashing them for the signature would be more work than all the rest.
        if (request.protocol === 'https:') request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(call);
    },
    { step: 'build', name: 'sysimageUnsignedPayload' },
  );
  return {
    sdk,
    client,
    name: options.bucket,
    base: options.prefix === '' ? '' : `${options.prefix}/`,
    peer: () => peer,
  };
}

function fromEnvironment(...names: readonly string[]): string | undefined {
  return names.map((name) => process.env[name]).find((value) => value !== undefined && value !== '');
}

interface Request extends Peer {
  readonly headers: Record<string, string>;
}

function requestOf(request: unknown): Request | undefined {
  return isRequest(request) ? request : undefined;
}

function isRequest(request: unknown): request is Request {
  return typeof request === 'object' && request !== null && 'protocol' in request && 'hostname' in request;
}

function peerOf({ protocol, hostname, port }: Request): Peer {
  return { protocol, hostname, ...(port === undefined ? {} : { port }) };
}

function credentialsOf({ accessKeyId, secretAccessKey }: S3Options): {
  credentials?: { accessKeyId: string; secretAccessKey: string };
} {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return { credentials: { accessKeyId, secretAccessKey } };
}
