import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

export const bundle = new URL('../dist/bundle/main.js', import.meta.url);
/** SHA-256 of the bundle and of what follows: what V8 made of the bundle when it was built. */
const compiled = new URL('main.compiled', bundle);

/**
 * The bundle as a script, compiled already where the Node that built it is the one that runs. V8 looks at its version, its flags and the
 * length of the bundle, and compiles anew where they differ; that nothing else differs is for us to see, for it would run anything.
 */
export function compileBundle() {
  const source = readFileSync(bundle);
  const script = { filename: fileURLToPath(bundle), cachedData: readCompiled(source) };
  return new Script(source.latin1Slice(), script);
}

/** Runs the bundle once, and tells what it exports. */
export function runBundle(script = compileBundle()) {
  const module = { exports: {} };
  // What a module of Node has, and a script has not.
  const hostMeta = { url: bundle.href, resolve: (name) => import.meta.resolve(name), import: (name) => import(name) };
  script.runInThisContext()(module, module.exports, createRequire(bundle), hostMeta);
  return module.exports;
}

/** Functions are compiled when they are called: those that were are kept. */
export function keepCompiled(script) {
  const data = script.createCachedData();
  writeFileSync(compiled, Buffer.concat([digestOf(readFileSync(bundle), data), data]));
}

function readCompiled(source) {
  try {
    const kept = readFileSync(compiled);
    const data = kept.subarray(32);
    return digestOf(source, data).equals(kept.subarray(0, 32)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(source, data) {
  return createHash('sha256').update(source).update(data).digest();
}
