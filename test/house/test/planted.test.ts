import { expect, test } from '@jest/globals';
import { rules, shortFiles, withFiles, type Tree } from '../src/index.js';

const manifest = (
  name: string,
  layer: number | string | undefined,
  dependencies: Record<string, string> = {},
): string =>
  JSON.stringify({ name: `@sysimage/${name}`, dependencies, ...(layer === undefined ? {} : { sysimage: { layer } }) });

/** A small house in which all is well. */
const sound: Tree = new Map(
  Object.entries({
    'core/package.json': manifest('core', 1, { zod: '^4' }),
    'core/README.md': '# core',
    'core/src/plan.ts':
      "import { vhd } from '@sysimage/vhd';\nimport { z } from 'zod';\nexport const at = new Date(0);\n",
    'packages/vhd/package.json': manifest('vhd', 0),
    'packages/vhd/README.md': '# vhd',
    'packages/vhd/src/index.ts': "export { vhd } from './vhd.js';\n",
    'packages/smb/package.json': manifest('smb', 2),
    'packages/smb/README.md': '# smb',
    'packages/smb/src/index.ts': "import { vhd } from '@sysimage/vhd';\nimport { connect } from 'node:net';\n",
    'packages/cli/package.json': manifest('cli', 3, { commander: '^14' }),
    'packages/cli/README.md': '# cli',
    'packages/cli/src/index.ts':
      "import { host } from '@sysimage/host';\nawait import('@sysimage/target-smb');\nprocess.exit(0);\n",
    'packages/host/package.json': manifest('host', 3),
    'packages/host/README.md': '# host',
    'plugins/target-smb/package.json': manifest('target-smb', 2),
    'plugins/target-smb/README.md': '# target-smb',
    'plugins/target-smb/src/index.ts':
      "import { type Target } from '@sysimage/core/plugin';\nimport { open } from '@sysimage/smb';\n",
    'plugins/target-other/package.json': manifest('target-other', 2),
    'plugins/target-other/README.md': '# target-other',
    'examples/embedding/package.json': manifest('embedding', 3),
    'examples/embedding/README.md': '# embedding',
    'test/kit/package.json': manifest('kit', 'test', { oddity: '1' }),
    'test/kit/README.md': '# kit',
    'test/kit/src/index.ts': "import { plan } from '@sysimage/core';\nimport { cli } from '@sysimage/cli';\n",
    'docs/embedding.md': '[index.ts](../packages/host/src/index.ts):\n\n```ts\nexport {};\n```\n',
    'packages/host/src/index.ts': 'export {};\n',
    'docs/dependencies.md':
      '| name | why |\n|---|---|\n| `zod` | schemas |\n| [commander](https://example.org) | options |\n',
  }),
);

test.each(Object.entries(rules))('a sound house keeps the rule: %s', (_, rule) => {
  expect(rule(sound)).toEqual([]);
});

const code = 'packages/vhd/src/planted.ts';
const arrows = 'arrows point only down';
const purity = 'formats and core are pure';
const compiler = 'the compiler is never switched off';
const runs = 'every test runs';
const quotes = 'what documents quote is there';
/** Rule, file that breaks it, contents. */
const planted: readonly (readonly [string, string, string])[] = [
  [arrows, code, "import { plan } from '@sysimage/core';"],
  [arrows, code, "import type { Plan } from '@sysimage/core/plugin';"],
  [arrows, code, "export * from '@sysimage/smb';"],
  [arrows, code, "const core = await import('@sysimage/core');"],
  [arrows, code, "import '@sysimage/core';"],
  [arrows, code, "import { x } from '@sysimage/kit';"],
  [arrows, code, "import { x } from '@sysimage/nowhere';"],
  [arrows, code, "import { x } from '@sysimage/vhd';"],
  [arrows, code, "import { x } from '../../smb/src/index.js';"],
  [arrows, 'core/src/flow/planted.ts', "import { open } from '@sysimage/smb';"],
  [arrows, 'core/src/flow/planted.ts', "import {\n  open,\n} from '@sysimage/target-smb';"],
  [arrows, 'plugins/target-smb/src/planted.ts', "import { plan } from '@sysimage/core';"],
  [arrows, 'plugins/target-smb/src/planted.ts', "import { other } from '@sysimage/target-other';"],
  [arrows, 'plugins/target-smb/src/planted.ts', "import { main } from '@sysimage/cli';"],
  [arrows, 'packages/smb/src/planted.ts', "import { main } from '@sysimage/cli';"],
  [arrows, 'packages/smb/src/planted.ts', "import { target } from '@sysimage/target-smb';"],
  [arrows, 'packages/vhd/package.json', manifest('vhd', undefined)],
  [purity, 'core/src/planted.ts', "import { readFile } from 'node:fs/promises';"],
  [purity, 'core/src/planted.ts', "import { Container } from 'inversify';"],
  [purity, code, "import { z } from 'zod';"],
  [purity, code, 'const home = process.env;'],
  [purity, code, 'const now = Date.now();'],
  [purity, code, 'const now = new Date();'],
  [purity, code, 'const name = `image-${Math.random()}`;'],
  [purity, code, "console.log('here');"],
  [purity, code, 'const bytes = Buffer.alloc(1);'],
  [purity, 'core/src/planted.ts', 'const here = import.meta.url;'],
  ['names tell what is inside', 'packages/vhd/src/utils.ts', ''],
  ['names tell what is inside', 'packages/smb/helpers/index.md', ''],
  ['names tell what is inside', 'core/src/session-manager.ts', ''],
  ['files are short', code, 'x;\n'.repeat(301)],
  ['files are short', 'test/planted.mjs', 'x;\n'.repeat(301)],
  ['every room has a README', 'packages/bare/package.json', manifest('bare', 0)],
  ['every room has a README', 'core/README.md', '\n'],
  [compiler, code, 'const x: any = 1;'],
  [compiler, code, 'const x = y as any;'],
  [compiler, code, 'const x = new Map<string, any>();'],
  [compiler, code, 'function f(x: string | any[]): void {}'],
  [compiler, code, `// @ts-${'ignore'}`],
  [runs, 'packages/vhd/test/planted.test.ts', `test.${'only'}('x', f);`],
  [runs, 'packages/vhd/test/planted.test.ts', `describe.${'skip'}('x', f);`],
  [runs, 'packages/vhd/test/planted.test.ts', `test.concurrent.${'only'}.each([1])('x', f);`],
  [runs, 'packages/vhd/test/planted.test.ts', `${'xit'}('x', f);`],
  ['nothing is left unfinished in place', code, `// ${'TO' + 'DO'}: later`],
  ['nothing is left unfinished in place', 'docs/guide.md', `${'FIX' + 'ME'} here`],
  ['nothing outside the repository is named', 'docs/guide.md', `see ${'shared'}/design.md`],
  ['nothing outside the repository is named', code, `// measured in /${'work'}/somewhere`],
  ['nothing outside the repository is named', code, `// from \`${'research'}/formats.md\``],
  ['every dependency is explained', 'packages/smb/package.json', manifest('smb', 2, { smbclient: '1' })],
  ['nobody asks for the kind of a target', 'packages/cli/src/planted.ts', "if (kind === 'smb') reconnect();"],
  ['nobody asks for the kind of a target', 'core/src/planted.ts', "switch (x) { case 's3': break; }"],
  [quotes, 'packages/host/src/index.ts', 'export { };\n'],
  [quotes, 'docs/embedding.md', '[a](../packages/host/src/gone.ts):\n\n```ts\n```\n'],
  [quotes, 'docs/embedding.md', 'First.\n\n[a](../packages/host/src/index.ts):\n\n```ts\n```\n'],
  [arrows, 'examples/embedding/src/main.ts', "import { kit } from '@sysimage/kit';"],
  ['every dependency is explained', 'docs/dependencies.md', '| name |\n| `zod` |\ncommander'],
];

test.each(planted)('%s: planted in %s: %s', (name, path, text) => {
  const tree = withFiles(sound, { [path]: text });
  const broken = Object.entries(rules).filter(([, rule]) => rule(tree).length > 0);
  expect(broken.map(([rule]) => rule)).toEqual([name]);
});

const harmless = [
  "const text = 'import process.env from console.log, as any';",
  '// process.exit() and Date.now() and : any are only words here',
  '/* new Date() */ const pattern = /["\'`]: any/u; const half = a / b; const c = `as any ${half} // process.env`;',
  'const some = [1].some(Boolean); const one = AbortSignal.any([]); expect.any(Number);',
  'reader.skip(4); const company = 1; const processed = 2;',
];

test.each(harmless)('no rule objects to: %s', (text) => {
  const tree = withFiles(sound, { [code]: text });
  for (const rule of Object.values(rules)) expect(rule(tree)).toEqual([]);
});

test('a long file with a reason is fine until it is short again', () => {
  const rule = shortFiles({ [code]: 'a table of constants' });
  expect(rule(withFiles(sound, { [code]: 'x;\n'.repeat(301) }))).toEqual([]);
  expect(rule(withFiles(sound, { [code]: 'x;\n' }))).toHaveLength(1);
});
