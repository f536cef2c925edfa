import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';
import { createSecret, type Secret } from './secret.js';

export interface SmbOptions {
  readonly host: string;
  readonly port: number;
  readonly share: string;
  /** Below the share, parts joined by `/`; '' is its root. */
  readonly path: string;
  readonly user: string;
  readonly domain: string;
  /** Absent: nobody gave one. */
  readonly password?: Secret;
  /** `single`: only the newest version stays. */
  readonly versions: 'single' | 'keep';
}

const passwordVariable = 'SYSIMAGE_SMB_PASSWORD';
const defaultPort = 445;
const known: ReadonlySet<string> = new Set(['host', 'port', 'share', 'path', 'user', 'domain', 'password', 'versions']);
const hostName = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?$/iu;
/** What Windows allows in no name; control characters included. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f"*/:<>?\\|]/u;

export const smbOptions: OptionsSchema<SmbOptions> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'must be an object');
    const fields = new Map<string, unknown>(Object.entries(input));
    for (const field of fields.keys()) if (!known.has(field)) throw invalid(field, 'is not known');
    const password = passwordOf(fields.get('password'));
    return {
      host: hostOf(fields.get('host')),
      port: portOf(fields.get('port')),
      share: shareOf(fields.get('share')),
      path: pathOf(fields.get('path')),
      user: textOf('user', fields.get('user')),
      domain: fields.get('domain') === undefined ? '' : textOf('domain', fields.get('domain')),
      ...(password === undefined ? {} : { password: createSecret(password) }),
      versions: versionsOf(fields.get('versions')),
    };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      host: { type: 'string', description: 'Name or address of the server' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: defaultPort },
      share: { type: 'string', minLength: 1 },
      path: { type: 'string', default: '', description: 'A folder of the share; made when it is missing' },
      user: { type: 'string', minLength: 1 },
      domain: { type: 'string' },
      password: {
        description: `A text, or where it is; else the environment variable ${passwordVariable}`,
        writeOnly: true,
        oneOf: [
          { type: 'string', minLength: 1 },
          { type: 'object', properties: { env: { type: 'string' } }, required: ['env'], additionalProperties: false },
          { type: 'object', properties: { file: { type: 'string' } }, required: ['file'], additionalProperties: false },
        ],
      },
      versions: { enum: ['single', 'keep'], default: 'single', description: 'Keep older versions, or only the newest' },
    },
    required: ['host', 'share', 'user'],
    additionalProperties: false,
  }),
};

const form = 'smb://[domain;]user@host[:port]/share[/path][?versions=keep]';
const urlParts = /^smb:\/\/(?:([^/?#]*)@)?([^@/?#]*)((?:\/[^?#]*)?)(\?[^#]*)?$/u;

/** `smb://[domain;]user@host[:port]/share[/path]`; the parts are percent-encoded. */
export function optionsFromUrl(url: string): unknown {
  const [, login, authority = '', place = '', query] = urlParts.exec(url) ?? [];
  // Never with the URL itself in the message: it may hold a password.
  if (!urlParts.test(url)) throw invalid('url', `must be of the form ${form}`);
  if (login === undefined || login === '') throw invalid('user', `is missing: ${form}`);
  if (login.includes(':')) throw passwordInUrl();
  const semicolon = login.indexOf(';');
  const [, host = '', port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d+))?$/u.exec(authority) ?? [];
  if (host === '') throw invalid('host', `is missing: ${form}`);
  const [share = '', ...path] = place
    .split('/')
    .slice(1)
    .filter((part) => part !== '');
  return {
    host: decoded('host', host.replaceAll(/[[\]]/gu, '')),
    ...(port === undefined ? {} : { port: Number(port) }),
    share: decoded('share', share),
    path: path.map((part) => decoded('path', part)).join('/'),
    user: decoded('user', login.slice(semicolon + 1)),
    ...(semicolon < 0 ? {} : { domain: decoded('domain', login.slice(0, semicolon)) }),
    ...queryOf(query),
  };
}

function queryOf(query: string | undefined): { readonly versions?: string } {
  const fields = new URLSearchParams(query ?? '');
  for (const field of fields.keys()) {
    if (field === 'password') throw passwordInUrl();
    if (field !== 'versions') throw invalid(field, 'is not known in a URL');
  }
  const versions = fields.get('versions');
  return versions === null ? {} : { versions };
}

function passwordInUrl(): SysimageError {
  return new SysimageError('invalid', 'A password must not be in the URL: process lists and shell histories show it', {
    operation: 'parse',
    context: { field: 'password' },
    remedy: `Put it into the environment variable ${passwordVariable} or the option "password".`,
  });
}

function decoded(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(field, 'is not percent-encoded as it must be');
  }
}

function textOf(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > 256) throw invalid(field, 'must be a text');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f]/u.test(value)) throw invalid(field, 'must not contain control characters');
  return value;
}

function hostOf(value: unknown): string {
  if (typeof value === 'string' && (hostName.test(value) || isIP(value) !== 0)) return value;
  throw invalid('host', 'must be the name or address of a server');
}

function portOf(value: unknown): number {
  if (value === undefined) return defaultPort;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535) return value;
  throw invalid('port', 'must be a number from 1 to 65535');
}

function shareOf(value: unknown): string {
  if (typeof value === 'string' && value.length <= 80 && isPart(value)) return value;
  throw invalid('share', 'must be the name of a share');
}

function pathOf(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw invalid('path', 'must be a text');
  const parts = value.split('/').filter((part) => part !== '');
  if (parts.every(isPart) && value.length <= 1000) return parts.join('/');
  throw invalid('path', 'must be names of folders, joined by /, as Windows allows them');
}

function isPart(part: string): boolean {
  return part !== '' && part.length <= 255 && !forbidden.test(part) && !/[. ]$/u.test(part);
}

function versionsOf(value: unknown): 'single' | 'keep' {
  if (value === undefined || value === 'single') return 'single';
  if (value === 'keep') return 'keep';
  throw invalid('versions', 'must be "single" or "keep"');
}

/** A text, or where it is. The value never gets into an error. */
function passwordOf(value: unknown): string | undefined {
  if (value === undefined) return process.env[passwordVariable] || undefined;
  if (typeof value === 'string') return checkedPassword(value);
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 1) {
    if ('env' in value && typeof value.env === 'string') {
      const text = process.env[value.env];
      if (text === undefined)
        throw invalid('password', `names the environment variable ${value.env}, which is not set`);
      return checkedPassword(text);
    }
    if ('file' in value && typeof value.file === 'string') return checkedPassword(passwordFile(value.file));
  }
  throw invalid('password', 'must be a text, {"env": NAME} or {"file": PATH}');
}

function passwordFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/u, '');
  } catch (cause) {
    throw new SysimageError('invalid', `The option "password" names the file ${path}, which cannot be read`, {
      operation: 'parse',
      context: { field: 'password', path },
      cause,
    });
  }
}

function checkedPassword(text: string): string {
  if (text === '') throw invalid('password', 'must not be empty');
  return text;
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', field === '' ? `The options ${why}` : `The option "${field}" ${why}`, {
    operation: 'parse',
    context: { field },
  });
}
