export { ByteView, type ReadAt } from './byte-view.js';
export { crc32 } from './crc32.js';
export { FormatError, isFormatError, type FormatErrorCode } from './format-error.js';
export { isZero, nonZeroRuns } from './zero.js';
