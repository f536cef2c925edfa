import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';
import { whyNotOnWindows } from './windows-name.js';

/** What a user says of a place on an NTFS volume. */
export interface NtfsOptions {
  /**
   * A folder on a mounted volume; or a partition, a disk or an image file that holds a volume. A relative path starts at the working
   * directory.
   */
  readonly path: string;
  /** Of a disk or image file: which partition, as its table counts, from 1. */
  readonly partition?: number;
  /** Of a volume that is not named by a folder: the folder on it, of names that Windows can open; without it the root. */
  readonly folder?: string;
  /** Keep only the newest version. */
  readonly singleVersion?: boolean;
}

const scheme = 'ntfs:';
const known: ReadonlySet<string> = new Set(['path', 'partition', 'folder', 'singleVersion']);
/** A GPT may have more than its usual 128, and no table of anybody has as many. */
const mostPartitions = 1024;
/** Names with a slash between them; none is `.` or `..`, so that none leads out of the volume. */
const folderPattern = /^(?!\.\.?(?:\/|$))[^/\0]+(?:\/(?!\.\.?(?:\/|$))[^/\0]+)*$/u;

export const ntfsOptions: OptionsSchema<NtfsOptions> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'must be an object');
    const fields = new Map<string, unknown>(Object.entries(input));
    for (const field of fields.keys()) if (!known.has(field)) throw invalid(field, 'is not known');
    const path = fields.get('path');
    const partition = fields.get('partition');
    const folder = fields.get('folder');
    const singleVersion = fields.get('singleVersion');
    if (typeof path !== 'string' || path === '') {
      throw invalid('path', 'must be the path of a folder, a partition, a disk or an image file');
    }
    if (path.includes('\0')) throw invalid('path', 'must not contain a zero byte');
    if (partition !== undefined && !isPartition(partition)) throw invalid('partition', 'must be a number from 1');
    if (folder !== undefined && (typeof folder !== 'string' || !folderPattern.test(folder))) {
      throw invalid('folder', 'must be the path of a folder from the root of the volume, as in backups/home');
    }
    for (const name of folder?.split('/') ?? []) {
      const why = whyNotOnWindows(name);
      if (why !== undefined) {
        throw invalid('folder', `must be one that Windows can open, and it cannot open "${name}": ${why}`);
      }
    }
    if (singleVersion !== undefined && typeof singleVersion !== 'boolean') {
      throw invalid('singleVersion', 'must be true or false');
    }
    return {
      path,
      ...(partition === undefined ? {} : { partition }),
      ...(folder === undefined ? {} : { folder }),
      ...(singleVersion === undefined ? {} : { singleVersion }),
    };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description:
          'A folder on a mounted NTFS volume; or a partition, disk or image file with one, mounted meanwhile',
      },
      partition: {
        type: 'integer',
        minimum: 1,
        maximum: mostPartitions,
        description: 'Of a disk or image file: which partition. Not needed when only one holds NTFS',
      },
      folder: {
        type: 'string',
        pattern: folderPattern.source,
        description:
          'Of a partition, disk or image file: the folder on the volume, of names that Windows can open. Default: its root',
      },
      singleVersion: { type: 'boolean', default: false, description: 'Keep only the newest version' },
    },
    required: ['path'],
    additionalProperties: false,
  }),
};

/** `ntfs:/dev/sdb?partition=2&folder=backups`: the path is what stands before the first `?`, as it is. */
export function optionsFromUrl(url: string): unknown {
  if (!url.startsWith(scheme)) throw invalid('url', `must start with ${scheme}`);
  const [path = '', ...rest] = url.slice(scheme.length).split('?');
  const options: Record<string, unknown> = { path };
  for (const [field, value] of new URLSearchParams(rest.join('?'))) {
    if (Object.hasOwn(options, field)) throw invalid(field, 'is there twice');
    options[field] = valueOf(field, value);
  }
  return options;
}

function valueOf(field: string, text: string): unknown {
  if (field === 'partition' && /^\d{1,4}$/u.test(text)) return Number(text);
  return field === 'singleVersion' && /^(?:true|false)$/u.test(text) ? text === 'true' : text;
}

function isPartition(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostPartitions;
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', field === '' ? `The options ${why}` : `The option "${field}" ${why}`, {
    operation: 'parse',
    context: { field },
  });
}
