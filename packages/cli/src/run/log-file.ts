import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { SysimageError, type Clock } from '@sysimage/core';
import type { TakeEvent } from './run-event.js';
import type { Secrets } from './secrets.js';
import { thinned } from './thinned.js';

/** Milliseconds between two lines about how far it is. */
const progressEvery = 60_000;

export interface LogFile {
  readonly take: TakeEvent;
  readonly close: () => void;
}

export interface LogFileOptions {
  readonly path: string;
  /** Bytes from which on a new file is begun. */
  readonly size: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly secrets: Secrets;
  /** Tells two runs apart that write to one file. */
  readonly pid: number;
  readonly warn: (message: string) => void;
}

/**
 * A line of JSON for every event, added at the end of the file at once. A file that is full becomes `PATH.1`, in the place of the one
 * before; devices and pipes are never full. When it cannot be written any more there are no more lines, and the work goes on.
 * Errors: `denied` when it cannot be opened.
 */
export function openLogFile({ path, size, clock, secrets, pid, warn }: LogFileOptions): LogFile {
  let file = open(path);
  let isWhole = true;
  const write = (line: string): void => {
    const { isFull, isAnother } = stateOf(file, path, size);
    if (isFull) {
      // Another process may have been faster.
      if (!isAnother) renameSync(path, `${path}.1`);
      const next = open(path);
      closeSync(file);
      file = next;
    }
    writeSync(file, `${line}\n`);
  };
  return {
    take: thinned(
      (event) => {
        if (!isWhole) return;
        try {
          write(secrets.hideIn({ time: clock.now().toISOString(), process: pid, ...event }));
        } catch {
          isWhole = false;
          warn(`${path} cannot be written any more: the log ends here`);
        }
      },
      clock,
      progressEvery,
    ),
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    // It tells what is on whose disks.
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new SysimageError('denied', `${path} cannot be written`, { operation: 'log', cause: error });
  }
}

function stateOf(file: number, path: string, size: number): { isFull: boolean; isAnother: boolean } {
  const own = fstatSync(file);
  if (!own.isFile() || own.size < size) return { isFull: false, isAnother: false };
  const there = statSync(path, { throwIfNoEntry: false });
  return { isFull: true, isAnother: there?.ino !== own.ino || there.dev !== own.dev };
}
