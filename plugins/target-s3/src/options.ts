import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';

export interface S3Options {
  readonly bucket: string;
  /** What all keys start with, without slashes at its ends; '' for the whole bucket. */
  readonly prefix: string;
  /** Where a server that is not Amazon's listens: `http://host:port`. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Without a key of its own the target uses what the AWS tools would: environment, profile, role of the machine. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** Whether older versions are kept. */
  readonly versions: 'keep' | 'single';
}

const scheme = 's3://';
const fields = ['bucket', 'prefix', 'endpoint', 'region', 'accessKeyId', 'secretAccessKey', 'versions'] as const;
type Field = (typeof fields)[number];
const inUrls: readonly string[] = ['endpoint', 'region', 'versions'];

// Keys have at most 1024 bytes, and object names up to 519.
const longestPrefix = 500;
const bucketPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/u;
const regionPattern = /^[A-Za-z0-9_-]{1,64}$/u;
// Printable ASCII: goes into a header as it is.
const accessKeyPattern = /^[\u{21}-\u{7e}]{1,256}$/u;

export const s3Options: OptionsSchema<S3Options> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'must be an object');
    const given = textsOf(input);
    const bucket = given.get('bucket') ?? '';
    if (!bucketPattern.test(bucket)) throw invalid('bucket', 'must be the name of a bucket');
    const region = given.get('region');
    if (region !== undefined && !regionPattern.test(region)) throw invalid('region', 'must be the name of a region');
    const versions = given.get('versions') ?? 'keep';
    if (versions !== 'keep' && versions !== 'single') throw invalid('versions', 'must be "keep" or "single"');
    const endpoint = given.get('endpoint');
    return {
      bucket,
      prefix: prefixOf(given.get('prefix') ?? ''),
      ...(endpoint === undefined ? {} : { endpoint: endpointOf(endpoint) }),
      ...(region === undefined ? {} : { region }),
      ...keyPair(given),
      versions,
    };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      bucket: { type: 'string', pattern: bucketPattern.source, description: 'The bucket; it must be there' },
      prefix: { type: 'string', default: '', description: 'What all keys start with' },
      endpoint: { type: 'string', format: 'uri', description: 'http(s)://host:port of a server that is not Amazon’s' },
      region: { type: 'string', pattern: regionPattern.source },
      accessKeyId: { type: 'string' },
      secretAccessKey: { type: 'string', format: 'password', writeOnly: true },
      versions: { enum: ['keep', 'single'], default: 'keep', description: 'Keep older versions, or only the newest' },
    },
    required: ['bucket'],
    dependentRequired: { accessKeyId: ['secretAccessKey'], secretAccessKey: ['accessKeyId'] },
    additionalProperties: false,
  }),
};

/** `s3://bucket/prefix?endpoint=http://host:port&region=…`. URLs are shown, logged and kept by shells: no keys in them. */
export function optionsFromUrl(url: string): unknown {
  if (!url.startsWith(scheme)) throw invalid('url', `must start with ${scheme}`);
  const rest = url.slice(scheme.length);
  const question = rest.indexOf('?');
  const place = question === -1 ? rest : rest.slice(0, question);
  const slash = place.indexOf('/');
  const bucket = slash === -1 ? place : place.slice(0, slash);
  if (bucket.includes('@') || bucket.includes(':')) throw secretInUrl();
  const options = new Map<string, string>([
    ['bucket', bucket],
    ['prefix', slash === -1 ? '' : place.slice(slash + 1)],
  ]);
  for (const [field, value] of new URLSearchParams(question === -1 ? '' : rest.slice(question + 1))) {
    if (field === 'accessKeyId' || field === 'secretAccessKey') throw secretInUrl();
    if (!inUrls.includes(field) || options.has(field)) {
      throw invalid('url', `may ask for each of ${inUrls.join(', ')} once, and for nothing else`);
    }
    options.set(field, value);
  }
  return Object.fromEntries(options);
}

function textsOf(input: object): ReadonlyMap<Field, string> {
  const texts = new Map<Field, string>();
  for (const [key, value] of Object.entries(input)) {
    const field = fields.find((known) => known === key);
    if (field === undefined) throw invalid(key, 'is not known');
    if (value === undefined) continue;
    if (typeof value !== 'string') throw invalid(field, 'must be text');
    texts.set(field, value);
  }
  return texts;
}

function prefixOf(text: string): string {
  const prefix = text.replace(/^\/|\/$/gu, '');
  if (prefix === '') return '';
  const sound = prefix.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!sound || /[\p{Cc}\p{Cs}]/u.test(prefix) || Buffer.byteLength(prefix) > longestPrefix) {
    throw invalid('prefix', 'must be names joined by slashes');
  }
  return prefix;
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) throw secretInUrl();
  const sound = url !== undefined && /^https?:$/u.test(url.protocol) && url.search === '' && url.hash === '';
  if (!sound) throw invalid('endpoint', 'must be http://host:port or https://host:port');
  return url.href.replace(/\/$/u, '');
}

function keyPair(given: ReadonlyMap<Field, string>): Pick<S3Options, 'accessKeyId' | 'secretAccessKey'> {
  const accessKeyId = given.get('accessKeyId');
  const secretAccessKey = given.get('secretAccessKey');
  if (accessKeyId === undefined && secretAccessKey === undefined) return {};
  if (accessKeyId === undefined || !accessKeyPattern.test(accessKeyId)) {
    throw invalid('accessKeyId', 'must be there together with secretAccessKey');
  }
  if (secretAccessKey === undefined || secretAccessKey === '') {
    throw invalid('secretAccessKey', 'must be there together with accessKeyId');
  }
  return { accessKeyId, secretAccessKey };
}

function secretInUrl(): SysimageError {
  return new SysimageError('invalid', 'A target URL must not contain keys', {
    operation: 'parse',
    context: { field: 'url' },
    remedy: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or use a profile.',
  });
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', field === '' ? `The options ${why}` : `The option "${field}" ${why}`, {
    operation: 'parse',
    context: { field },
  });
}
