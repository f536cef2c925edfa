#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs';
import { bundle, runBundle } from './load-bundle.js';

const modules = new URL('../dist/src/index.js', import.meta.url);

// Work goes on when nobody reads what it says, or there is no room for it: a backup is worth more than its words.
process.stderr.on('error', () => {});
process.stdout.on('error', outputLost);
// What waits for something that never comes ends as a failure; Node would say 13, which here means that a check refused.
process.exitCode = 1;
process.once('beforeExit', sayUnfinished);

const { main } = isCurrent() ? runBundle() : await import(modules);
process.exitCode = await main(process.argv.slice(2));
process.off('beforeExit', sayUnfinished);

/** Whoever closed it has seen enough; any other loss must not look like a result. */
function outputLost({ code }) {
  if (code === 'EPIPE' || process.listenerCount('exit', failedToSay) > 0) return;
  process.stderr.write(`error: standard output cannot be written: ${code}\n`);
  process.once('exit', failedToSay);
}

function sayUnfinished() {
  process.stderr.write('error: what was asked of a target or a plugin never came to an end: the run is not finished\n');
}

function failedToSay() {
  process.exitCode ||= 1;
}

/** In a work tree somebody may have compiled a module since; a package that was installed has no list of them. */
function isCurrent() {
  const builtAt = modifiedAt(bundle);
  return builtAt > 0 && inputs().every((path) => modifiedAt(new URL(path, bundle)) <= builtAt);
}

function inputs() {
  try {
    return JSON.parse(readFileSync(new URL('inputs.json', bundle), 'utf8'));
  } catch {
    return [];
  }
}

function modifiedAt(url) {
  return statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
