import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';

export interface OpticalOptions {
  /** The folder that stands for the changer; a relative one starts at the working directory. */
  readonly folder: string;
  /** Bytes of a blank disc. */
  readonly capacity: number;
  readonly singleVersion: boolean;
}

const scheme = 'optical:';
const known: ReadonlySet<string> = new Set(['folder', 'capacity', 'singleVersion']);

/** DVD+R, the smallest of the discs that are called DVD: 2 295 104 sectors. */
export const defaultCapacity = 2_295_104 * 2048;
/** Below this the structures of three file systems leave nothing for data. */
const smallestCapacity = 2 ** 20;
const largestCapacity = 2 ** 42;

export const opticalOptions: OptionsSchema<OpticalOptions> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'must be an object');
    const fields = new Map<string, unknown>(Object.entries(input));
    for (const field of fields.keys()) if (!known.has(field)) throw invalid(field, 'is not known');
    const folder = fields.get('folder');
    const singleVersion = fields.get('singleVersion') ?? true;
    if (typeof folder !== 'string' || folder === '') throw invalid('folder', 'must be the path of a folder');
    if (folder.includes('\0')) throw invalid('folder', 'must not contain a zero byte');
    if (typeof singleVersion !== 'boolean') throw invalid('singleVersion', 'must be true or false');
    return { folder, capacity: capacityOf(fields.get('capacity')), singleVersion };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      folder: { type: 'string', minLength: 1, description: 'The folder with the disc images' },
      capacity: {
        oneOf: [
          { type: 'integer', minimum: smallestCapacity },
          { type: 'string', pattern: sizePattern.source },
        ],
        default: defaultCapacity,
        description: 'Size of a blank disc: bytes, or a number with KiB, MiB, GiB, KB, MB or GB',
      },
      singleVersion: { type: 'boolean', default: true, description: 'Keep only the newest version' },
    },
    required: ['folder'],
    additionalProperties: false,
  }),
};

const sizePattern = /^(\d+(?:\.\d+)?) ?([KMGT]i?B|B)?$/u;
const powers: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4 };

function capacityOf(value: unknown): number {
  if (value === undefined) return defaultCapacity;
  const bytes = typeof value === 'string' ? bytesOf(value) : value;
  if (typeof bytes !== 'number' || !Number.isInteger(bytes) || bytes < smallestCapacity || bytes > largestCapacity) {
    throw invalid('capacity', 'must be the size of a disc from 1MiB to 4TiB: 700MiB, 4.7GB');
  }
  return bytes;
}

function bytesOf(text: string): number | undefined {
  const [, number, unit = 'B'] = sizePattern.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Math.floor(Number(number) * (unit.includes('i') ? 1024 : 1000) ** (powers[unit.charAt(0)] ?? 0));
}

/** `optical:/folder?capacity=24MiB&singleVersion=false`: the folder is what stands before the first `?`, as it is. */
export function optionsFromUrl(url: string): unknown {
  if (!url.startsWith(scheme)) throw invalid('url', `must start with ${scheme}`);
  const [folder = '', ...rest] = url.slice(scheme.length).split('?');
  const options: Record<string, unknown> = { folder };
  for (const [field, value] of new URLSearchParams(rest.join('?'))) {
    if (field === 'folder' || field in options) throw invalid(field, 'is there twice');
    options[field] = field === 'singleVersion' && /^(?:true|false)$/u.test(value) ? value === 'true' : value;
  }
  return options;
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', field === '' ? `The options ${why}` : `The option "${field}" ${why}`, {
    operation: 'parse',
    context: { field },
  });
}
