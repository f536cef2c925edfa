// Puts the command into one file, so that it begins in a third of the time: Node takes longer to find, link and compile hundreds of
// modules than to run them. What is native, or used only now and then, stays where it is installed.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { compileBundle, keepCompiled, runBundle } from './bin/load-bundle.js';

const here = import.meta.dirname;
const folder = join(here, 'dist/bundle');
/** Third-party packages that every command needs. All others are found where they are installed. */
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const bundled = ['@inversifyjs/', 'inversify', 'reflect-metadata', 'zod', 'yaml', 'commander', 'leven'];

const settings = {
  absWorkingDir: here,
  outdir: folder,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  metafile: true,
  legalComments: 'none',
  minifyWhitespace: true,
  logLevel: 'warning',
};

rmSync(folder, { recursive: true, force: true });
const command = await build({
  ...settings,
  entryPoints: { main: 'dist/src/index.js' },
  // A script, because V8 can keep what it compiled of one. bin/load-bundle.js calls it, and gives it `hostMeta` in place of `import.meta`.
  format: 'cjs',
  banner: { js: '(function (module, exports, require, hostMeta) {' },
  footer: { js: '});' },
  define: { 'import.meta.url': 'hostMeta.url', 'import.meta.resolve': 'hostMeta.resolve' },
  plugins: [
    { name: 'outside', setup: leaveOutside },
    { name: 'host-import', setup: importByHost },
  ],
});
const thread = await build({
  ...settings,
  entryPoints: { 'hash-worker': join(here, 'node_modules/@sysimage/node-services/dist/src/hash-worker.js') },
  format: 'esm',
  plugins: [{ name: 'outside', setup: leaveOutside }],
});
const outputs = Object.values(command.metafile.outputs);
const lost = outputs.flatMap(({ imports }) => imports.filter(({ kind }) => kind === 'dynamic-import'));
if (lost.length > 0) throw new Error(`a script cannot import ${lost.map(({ path }) => path).join(', ')}`);
await compile();
const inputs = Object.keys({ ...command.metafile.inputs, ...thread.metafile.inputs }).map((path) => join(here, path));
writeFileSync(join(folder, 'LICENSES.txt'), licences(inputs));
// What "policy explain" shows.
cpSync(join(here, '../../docs/policies'), join(folder, 'policies'), { recursive: true });
writeFileSync(
  join(folder, 'inputs.json'),
  JSON.stringify(inputs.filter((path) => !path.includes('/node_modules/')).map((path) => relative(folder, path))),
);

function leaveOutside({ onResolve }) {
  onResolve({ filter: new RegExp('^[^./]') }, ({ path, kind }) => {
    const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
    if (kind === 'entry-point' || name.startsWith('@sysimage/') || bundled.some((start) => name.startsWith(start)))
      return undefined;
    if (isBuiltin(path) || name in dependencies) return { external: true };
    return { errors: [{ text: `${name} stays outside, and is no dependency of the command: nobody would find it` }] };
  });
}

/** What is outside of the bundle, or known only when it runs, is imported by whoever has loaded the bundle. */
function importByHost({ onLoad }) {
  onLoad({ filter: new RegExp(String.raw`[/\\]dist[/\\]src[/\\].*\.js$`) }, ({ path }) => {
    const contents = readFileSync(path, 'utf8').replaceAll(
      /(?<![\w.'"`])import\((?!'(?:@sysimage\/|\.))/gu,
      'hostMeta.import(',
    );
    return { contents, loader: 'js' };
  });
}

/** With the functions that run in every command. */
async function compile() {
  const script = compileBundle();
  await runBundle(script).main(['--version'], { terminal: { out() {}, err() {} } });
  keepCompiled(script);
}

/** The terms of what is in the bundle, which must go with it. */
function licences(paths) {
  const packages = new Map();
  for (const path of paths) {
    const found = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(path);
    if (found !== null) packages.set(found[1], dirname(join(found[0], 'x')));
  }
  return [...packages]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, at]) => `${name}\n\n${licenceIn(at)}`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceIn(path) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENCE', 'license', 'license.md']) {
    try {
      return readFileSync(join(path, name), 'utf8');
    } catch {
      // It may have another name.
    }
  }
  return undefined;
}
