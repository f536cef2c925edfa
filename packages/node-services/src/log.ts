import type { Log } from '@sysimage/core';

/** One JSON object a line. Callers give no secrets: nothing is filtered here. */
export function createLog(writeLine: (line: string) => void, now: () => Date = () => new Date()): Log {
  return {
    write: (event, fields) => writeLine(JSON.stringify({ ...fields, time: now().toISOString(), event })),
  };
}
