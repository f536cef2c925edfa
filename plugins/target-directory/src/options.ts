import { SysimageError, type OptionsSchema } from '@sysimage/core/plugin';
import { folderOptions, type PlaceInFolder } from '@sysimage/folder-target';

export interface DirectoryOptions extends PlaceInFolder {
  /** Keep versions as images that share their blocks, where the file system can; default true. */
  readonly reflinks?: boolean;
}

export const directoryOptions: OptionsSchema<DirectoryOptions> = {
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return folderOptions.parse(input);
    const { reflinks, ...place }: { readonly reflinks?: unknown } = input;
    const options = folderOptions.parse(place);
    if (reflinks === undefined) return options;
    if (typeof reflinks === 'boolean') return { ...options, reflinks };
    throw new SysimageError('invalid', 'The option "reflinks" must be true or false', {
      operation: 'parse',
      context: { field: 'reflinks' },
    });
  },
  jsonSchema() {
    const { properties = {}, ...rest }: { readonly properties?: object } = folderOptions.jsonSchema();
    const reflinks = {
      type: 'boolean',
      default: true,
      description: 'Keep versions as images that share their blocks, where the file system can (btrfs, XFS)',
    };
    return { ...rest, properties: { ...properties, reflinks } };
  },
};
