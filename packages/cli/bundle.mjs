// Puts the command into a few files, so that it begins in a third of the time: Node takes longer to find and link hundreds of modules
// than to run them. What is native, or used only now and then, stays where it is installed.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const folder = join(here, 'dist/bundle');
/** Third-party packages that every command needs. All others are found where they are installed. */
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const bundled = ['@inversifyjs/', 'inversify', 'reflect-metadata', 'zod', 'yaml', 'commander', 'leven'];

rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: {
    main: 'dist/src/index.js',
    'hash-worker': join(here, 'node_modules/@sysimage/node-services/dist/src/hash-worker.js'),
  },
  outdir: folder,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  metafile: true,
  legalComments: 'none',
  minifyWhitespace: true,
  logLevel: 'warning',
  // For packages in CommonJS, which ask for modules of Node.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  plugins: [{ name: 'outside', setup: leaveOutside }],
});
const inputs = Object.keys(metafile.inputs).map((path) => join(here, path));
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
