import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';

export interface NtfsOptions {
  /** A folder on a mounted NTFS volume; a relative one starts at the working directory. */
  readonly path: string;
  /** Keep only the newest version. */
  readonly singleVersion?: boolean;
}

const scheme = 'ntfs:';
const known: ReadonlySet<string> = new Set(['path', 'singleVersion']);

export const ntfsOptions: OptionsSchema<NtfsOptions> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      throw invalid('options', 'must be an object');
    const fields = new Map<string, unknown>(Object.entries(input));
    for (const field of fields.keys()) if (!known.has(field)) throw invalid(field, 'is not known');
    const [path, singleVersion] = [fields.get('path'), fields.get('singleVersion')];
    if (typeof path !== 'string' || path === '' || path.includes('\0')) {
      throw invalid('path', 'must be the path of a folder on a mounted NTFS volume');
    }
    if (singleVersion === undefined) return { path };
    if (typeof singleVersion !== 'boolean') throw invalid('singleVersion', 'must be true or false');
    return { path, singleVersion };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'A folder on a mounted NTFS volume' },
      singleVersion: { type: 'boolean', default: false, description: 'Keep only the newest version' },
    },
    required: ['path'],
    additionalProperties: false,
  }),
};

/** `ntfs:/path`: what follows the colon is the path as it is. */
export function optionsFromUrl(url: string): unknown {
  if (!url.startsWith(scheme)) throw invalid('url', `must start with ${scheme}`);
  return { path: url.slice(scheme.length) };
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', `The option "${field}" ${why}`, { operation: 'parse', context: { field } });
}
