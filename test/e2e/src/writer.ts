import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Writes a number to one file, then to the other, then the next number to the first one, and so on: what is read of both at one instant
 * shows the first one as new as the second, or newer by one.
 */
const script = `
const { openSync, writeSync } = require('node:fs');
const [first, second] = process.argv.slice(1).map((path) => openSync(path, 'w'));
for (let number = 1; ; number += 1) {
  const text = String(number).padStart(12, '0');
  writeSync(first, text, 0);
  writeSync(second, text, 0);
  if (number === 1000) console.log('going on');
}
`;

/** Somebody who writes to two files as fast as it goes, until it is disposed of. */
export interface Writer extends AsyncDisposable {
  /** It has written for a while. */
  readonly begun: Promise<unknown>;
}

export function startWriter(first: string, second: string): Writer {
  const child = spawn(process.execPath, ['-e', script, first, second], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  return {
    begun: Promise.race([once(child.stdout, 'data'), ended]),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
