import { closeSync, openSync, writeSync } from 'node:fs';
import { SysimageError } from '@sysimage/core';

export interface TraceFile {
  readonly write: (line: string) => void;
  readonly close: () => void;
}

/** Lines are added at the end of the file, at once. When that fails there are no more of them, and the work goes on. Errors: `denied`. */
export function openTraceFile(path: string, warn: (message: string) => void): TraceFile {
  const file = open(path);
  let isWhole = true;
  return {
    write(line) {
      if (!isWhole) return;
      try {
        writeSync(file, `${line}\n`);
      } catch {
        isWhole = false;
        warn(`${path} cannot be written any more: the trace ends here`);
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    // Names of objects tell whose computers these are.
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new SysimageError('denied', `${path} cannot be written`, { operation: 'trace', cause: error });
  }
}
