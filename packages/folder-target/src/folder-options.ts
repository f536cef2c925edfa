import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';

/** What a user says of a folder. */
export interface PlaceInFolder {
  /** The folder; a relative one starts at the working directory. */
  readonly path: string;
  /** Keep only the newest version. */
  readonly singleVersion?: boolean;
}

const known: ReadonlySet<string> = new Set(['path', 'singleVersion']);

export const folderOptions: OptionsSchema<PlaceInFolder> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'must be an object');
    const fields = new Map<string, unknown>(Object.entries(input));
    for (const field of fields.keys()) if (!known.has(field)) throw invalid(field, 'is not known');
    const path = fields.get('path');
    const singleVersion = fields.get('singleVersion');
    if (typeof path !== 'string' || path === '') throw invalid('path', 'must be the path of a folder');
    if (path.includes('\0')) throw invalid('path', 'must not contain a zero byte');
    if (singleVersion === undefined) return { path };
    if (typeof singleVersion !== 'boolean') throw invalid('singleVersion', 'must be true or false');
    return { path, singleVersion };
  },
  jsonSchema: () => ({
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'The folder' },
      singleVersion: { type: 'boolean', default: false, description: 'Keep only the newest version' },
    },
    required: ['path'],
    additionalProperties: false,
  }),
};

/** `kind:/path` or `kind:path`: what follows the colon is the path as it is, nothing is decoded. */
export function folderFromUrl(kind: string): (url: string) => unknown {
  return (url) => {
    if (!url.startsWith(`${kind}:`)) throw invalid('url', `must start with ${kind}:`);
    return { path: url.slice(kind.length + 1) };
  };
}

function invalid(field: string, why: string): SysimageError {
  return new SysimageError('invalid', field === '' ? `The options ${why}` : `The option "${field}" ${why}`, {
    operation: 'parse',
    context: { field },
  });
}
