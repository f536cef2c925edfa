#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs';

const bundle = new URL('../dist/bundle/main.js', import.meta.url);
const modules = new URL('../dist/src/index.js', import.meta.url);

const { main } = await import(isCurrent() ? bundle : modules);
process.exitCode = await main(process.argv.slice(2));

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
