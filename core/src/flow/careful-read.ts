import { FormatError, type ReadAt } from '@sysimage/bytes';
import { isSysimageError } from '../contract/errors.js';

/** The same reads, for what may be broken without ending anything: a sector that cannot be read is as good as broken bytes. */
export function carefulRead(read: ReadAt): ReadAt {
  return async (offset, length) => {
    try {
      return await read(offset, length);
    } catch (error) {
      if (isSysimageError(error, 'corrupt')) throw new FormatError('corrupt', error.message, { offset });
      throw error;
    }
  };
}
